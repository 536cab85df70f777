import { join } from 'node:path';
import { z } from 'zod';
import { addonsOf, type AddonName } from '../../config/addons.ts';
import { refuseChanges } from '../../config/fixed.ts';
import { addonNames, configSchema, type Config } from '../../config/schema.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { ensurePrivateDir, readFileIfExists, writeFileAtomic } from '../../lib/fs.ts';
import { playgroundFolder } from '../../lib/home.ts';
import { portNames, type Ports } from '../../lib/ports.ts';
import { randomSecret } from '../../lib/secrets.ts';
import { pinsMark } from './pins.ts';

const portNumber = z.number().int().min(1).max(65_535);

const stateSchema = z.object({
  version: z.literal(1),
  engine: z.enum(['k3d', 'kubernetes']),
  createdAt: z.string(),
  config: configSchema,
  ports: z.object(
    Object.fromEntries(portNames.map((name) => [name, portNumber])) as Record<
      (typeof portNames)[number],
      typeof portNumber
    >,
  ),
  /** Further ports that belong to the playground, for the NodePorts of workloads. */
  reserved: z.array(portNumber),
  secrets: z.object({ password: z.string(), webhookSecret: z.string(), seed: z.string() }),
  /**
   * How far the cluster has come: with `none` nothing of it was made, no registry and no network either; one that was never
   * complete is made anew.
   */
  cluster: z.enum(['none', 'creating', 'complete']),
  /** When its node was last started by us; a different time means that Docker has started it by itself. */
  nodeStartedAt: z.string().optional(),
  /** Whether all components have been installed once. From then on the ports stay: addresses stand in the seeded content. */
  installed: z.boolean(),
  /** The mark of the pins by which that was done last; a newer version of this program may bring others. */
  pins: z.string().optional(),
  /** The add-ons that it has room and what else they need for; others that are asked for are new to it. */
  addons: z.array(z.enum(addonNames)).default([]),
});

/** What a playground in a cluster keeps over restarts: chosen once, at its first `up`. Readable by its owner alone. */
export type ClusterState = z.output<typeof stateSchema>;

/** Where a playground in a cluster keeps what. Everything lies in its one folder, which `down` removes. */
export function clusterFolders(name: string) {
  const folder = playgroundFolder(name);
  return {
    folder,
    state: join(folder, 'cluster.json'),
    kubeconfig: join(folder, 'kubeconfig'),
    clusterConfig: join(folder, 'k3d.yaml'),
    companion: join(folder, 'companion.json'),
    companionLog: join(folder, 'logs', 'companion.log'),
    values: (release: string) => join(folder, 'values', `${release}.yaml`),
  };
}

/**
 * The state of a playground in a cluster, or undefined when there is none of that name.
 * @throws PlaygroundError `state-corrupt`; the file is left as it is.
 */
export async function readClusterState(name: string): Promise<ClusterState | undefined> {
  const file = clusterFolders(name).state;
  const text = await readFileIfExists(file);
  if (text === undefined) return undefined;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new PlaygroundError({
      code: 'state-corrupt',
      message: `the state of the playground "${name}" cannot be read: ${file} is damaged`,
      hint: `put a good copy of the file back, or remove the playground: gitops-playground down --name ${name}`,
      cause: error,
    });
  }
}

export async function writeClusterState(state: ClusterState): Promise<void> {
  const { folder, state: file } = clusterFolders(state.config.name);
  await ensurePrivateDir(folder);
  await writeFileAtomic(file, `${JSON.stringify(state, null, 2)}\n`);
}

/** Settings that stand in what was installed and seeded, and so cannot change later. */
const fixed = [
  'port',
  'username',
  'password',
  'organization',
  'application',
  'gitServer',
  'operator',
  'context',
] as const;

/** The state that is kept, brought up to the configuration; or a new one with ports that are chosen now. */
export async function currentClusterState(
  engine: ClusterState['engine'],
  config: Config,
  choose: () => Promise<{ ports: Ports; reserved: number[] }>,
): Promise<ClusterState> {
  const kept = await readClusterState(config.name);
  if (kept === undefined) {
    const state: ClusterState = {
      version: 1,
      engine,
      createdAt: new Date().toISOString(),
      config,
      ...(await choose()),
      secrets: {
        password: config.password ?? randomSecret(20),
        webhookSecret: randomSecret(40),
        seed: randomSecret(40),
      },
      cluster: 'none',
      installed: false,
      addons: [],
    };
    await writeClusterState(state);
    return state;
  }
  refuseChanges(config, kept.config, fixed);
  refuseFewerAddons(config, kept.config);
  const state = { ...kept, config };
  await writeClusterState(state);
  return state;
}

/**
 * Notes that everything is installed that this configuration asks for below the flow, so that it is not looked for and brought again.
 */
export async function noteInstalled(state: ClusterState): Promise<void> {
  if (isInstalledFor(state.config, state)) return;
  await writeClusterState({ ...state, installed: true, pins: pinsMark(), addons: addonsOf(state.config) });
}

/** Whether all parts have been installed in the versions that are pinned now. */
export function isInstalled(state: Pick<ClusterState, 'installed' | 'pins'> | undefined): boolean {
  return state?.installed === true && state.pins === pinsMark();
}

/** Whether everything is installed that a configuration asks for below the flow, so that nothing has to be fetched for it. */
export function isInstalledFor(
  config: Config,
  state: Pick<ClusterState, 'installed' | 'pins' | 'addons'> | undefined,
): boolean {
  return isInstalled(state) && newAddons(config, state).length === 0;
}

/** The add-ons of a configuration that its playground has not got yet. */
export function newAddons(config: Config, state: Pick<ClusterState, 'addons'> | undefined): AddonName[] {
  return addonsOf(config).filter((name) => state?.addons.includes(name) !== true);
}

/** What an add-on has brought into the cluster, people may use by now; kinds and namespaces of it would stay. */
function refuseFewerAddons(config: Config, kept: Config): void {
  const wanted = addonsOf(config);
  const gone = addonsOf(kept).filter((name) => !wanted.includes(name));
  if (gone.length === 0) return;
  throw new PlaygroundError({
    code: 'config-fixed',
    message: `the playground "${config.name}" has ${gone.join(', ')}, and add-ons cannot be taken away later`,
    hint: `leave --profile out, use another --name, or begin anew: gitops-playground down --name ${config.name}`,
  });
}
