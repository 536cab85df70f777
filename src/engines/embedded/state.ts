import { join } from 'node:path';
import { z } from 'zod';
import { PlaygroundError } from '../../lib/errors.ts';
import { ensurePrivateDir, readFileIfExists, writeFileAtomic } from '../../lib/fs.ts';
import { playgroundFolder } from '../../lib/home.ts';
import { configSchema } from '../../config/schema.ts';

const portNumber = z.number().int().min(1).max(65_535);

const stateSchema = z.object({
  version: z.literal(1),
  createdAt: z.string(),
  /** Whether the servers have run once. From then on the ports stay: addresses stand in the seeded content. */
  started: z.boolean(),
  config: configSchema,
  ports: z.object({
    dashboard: portNumber,
    git: portNumber,
    registry: portNumber,
    ci: portNumber,
    gitops: portNumber,
    kubernetes: portNumber,
    ingress: portNumber,
  }),
  /** The first three numbers of the loopback addresses that pods and Services get: `127.80.3`. */
  podNetwork: z.string(),
  serviceNetwork: z.string(),
  secrets: z.object({
    password: z.string(),
    kubernetesToken: z.string(),
    webhookSecret: z.string(),
  }),
});

/** What a playground keeps over restarts: chosen once, at its first `up`. Readable by its owner alone. */
export type State = z.output<typeof stateSchema>;

/** Where a playground keeps what. Everything lies in its one folder, which `down` removes. */
export function folders(name: string) {
  const folder = playgroundFolder(name);
  return {
    folder,
    state: join(folder, 'state.json'),
    daemon: join(folder, 'daemon.json'),
    kubeconfig: join(folder, 'kubeconfig'),
    logs: join(folder, 'logs'),
    allData: join(folder, 'data'),
    data: (part: string) => join(folder, 'data', part),
    /** What is broken on purpose: beside the data of the parts, so that a copy of them has it too. */
    faults: join(folder, 'data', 'faults.json'),
    snapshots: join(folder, 'snapshots'),
  };
}

/**
 * The state of a playground, or undefined when there is none of that name.
 * @throws PlaygroundError `state-corrupt`; the file is left as it is.
 */
export async function readState(name: string): Promise<State | undefined> {
  const file = folders(name).state;
  const text = await readFileIfExists(file);
  if (text === undefined) return undefined;
  const corrupt = (cause: unknown) =>
    new PlaygroundError({
      code: 'state-corrupt',
      message: `the state of the playground "${name}" cannot be read: ${file} is damaged`,
      hint: `put a good copy of the file back, or remove the playground: gitops-playground down --name ${name}`,
      cause,
    });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw corrupt(error);
  }
  const result = stateSchema.safeParse(content);
  if (!result.success) throw corrupt(result.error);
  return result.data;
}

export async function writeState(state: State): Promise<void> {
  const { folder, state: file } = folders(state.config.name);
  await ensurePrivateDir(folder);
  await writeFileAtomic(file, `${JSON.stringify(state, null, 2)}\n`);
}
