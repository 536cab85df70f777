import { addons } from './addons.ts';
import type { profileNames } from './schema.ts';

type ProfileName = (typeof profileNames)[number];

/** How much is installed into a cluster. Memory is the sum of what the pods ask for, in MiB; nobody has measured it yet. */
interface Profile {
  readonly gives: string;
  readonly memory: { readonly mebibytes: number; readonly measured: boolean };
  /** How many builds run side by side. */
  readonly builds: number;
  /** Whether builds have BuildKit beside them; without it the pipeline's own builder makes the images. */
  readonly buildKit: boolean;
}

/** k3s and its Traefik, Gitea, Jenkins and Argo CD; a build asks for 416 MiB, with BuildKit for 544. */
const loop = 600 + 256 + 1088 + 448;
const everyAddon = Object.values(addons).reduce((sum, { memory }) => sum + memory.mebibytes, 0);

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  minimal: {
    gives: 'the loop alone, one build at a time, without BuildKit',
    memory: { mebibytes: loop + 416, measured: false },
    builds: 1,
    buildKit: false,
  },
  workshop: {
    gives: 'the loop for a class: two builds at a time, with BuildKit',
    memory: { mebibytes: loop + 2 * 544, measured: false },
    builds: 2,
    buildKit: true,
  },
  full: {
    gives: 'the same, and every add-on',
    memory: { mebibytes: loop + 2 * 544 + everyAddon, measured: false },
    builds: 2,
    buildKit: true,
  },
};
