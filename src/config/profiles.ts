import { addons } from './addons.ts';
import type { profileNames } from './schema.ts';

type ProfileName = (typeof profileNames)[number];

/** How much is installed into a cluster. Memory is the sum of what the pods ask for, in MiB; nobody has measured it yet. */
interface Profile {
  readonly gives: string;
  readonly memory: { readonly mebibytes: number; readonly measured: boolean };
  /** How many builds run side by side. */
  readonly builds: number;
}

/** k3s and its Traefik, Gitea, Jenkins and Argo CD. */
const loop = 600 + 256 + 1088 + 448;
/** Node with the agent, BuildKit and the way to the registry. */
const build = 384 + 128 + 32;
const everyAddon = Object.values(addons).reduce((sum, { memory }) => sum + memory.mebibytes, 0);

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  minimal: {
    gives: 'the loop alone, one build at a time',
    memory: { mebibytes: loop + build, measured: false },
    builds: 1,
  },
  workshop: {
    gives: 'the loop for a class: two builds at a time',
    memory: { mebibytes: loop + 2 * build, measured: false },
    builds: 2,
  },
  full: {
    gives: 'the same, and every add-on',
    memory: { mebibytes: loop + 2 * build + everyAddon, measured: false },
    builds: 2,
  },
};
