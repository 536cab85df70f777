import { join } from 'node:path';
import { z } from 'zod';
import { addonsOf } from '../../config/addons.ts';
import { refuseChanges } from '../../config/fixed.ts';
import { configSchema, type Config } from '../../config/schema.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { ensurePrivateDir, readFileIfExists, writeFileAtomic } from '../../lib/fs.ts';
import { playgroundFolder } from '../../lib/home.ts';
import { portNames, type Ports } from '../../lib/ports.ts';
import { randomSecret } from '../../lib/secrets.ts';

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
    };
    await writeClusterState(state);
    return state;
  }
  refuseChanges(config, kept.config, fixed);
  refuseOtherAddons(config, kept.config);
  const state = { ...kept, config };
  await writeClusterState(state);
  return state;
}

/** Add-ons are content of a repository that is seeded once, and of the state that `reset` goes back to. */
function refuseOtherAddons(config: Config, kept: Config): void {
  const [wanted, there] = [addonsOf(config), addonsOf(kept)];
  const added = wanted.filter((name) => !there.includes(name));
  const gone = there.filter((name) => !wanted.includes(name));
  if (added.length === 0 && gone.length === 0) return;
  const changes = [
    ...(added.length === 0 ? [] : [`without ${added.join(', ')}`]),
    ...(gone.length === 0 ? [] : [`with ${gone.join(', ')}`]),
  ];
  throw new PlaygroundError({
    code: 'config-fixed',
    message: `the playground "${config.name}" was made ${changes.join(' and ')}, and its add-ons cannot change later`,
    hint: `leave --with and --profile out, use another --name, or begin anew: gitops-playground down --name ${config.name}`,
  });
}
