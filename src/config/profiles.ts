import { addons, addonsOf } from './addons.ts';
import type { Config, profileNames } from './schema.ts';

type ProfileName = (typeof profileNames)[number];

/** An amount of memory, and whether somebody has measured it or it is reckoned from what pods ask for. */
export interface Memory {
  readonly mebibytes: number;
  readonly measured: boolean;
}

/** How much is installed into a cluster. Memory is the sum of what the pods ask for, in MiB; nobody has measured it yet. */
interface Profile {
  readonly gives: string;
  readonly memory: Memory;
  /** How many builds run side by side. */
  readonly builds: number;
}

/** k3s and its Traefik. */
const k3s = 600;
/** With Gitea, Jenkins and Argo CD. */
const loop = k3s + 256 + 1088 + 448;
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

/**
 * What a playground of this configuration asks of its cluster: its profile, and the add-ons that are asked for beside it.
 * @param platform whose cluster it is; one that is there already has its own Kubernetes.
 */
export function neededMemory(
  config: Pick<Config, 'profile' | 'with'>,
  platform: 'k3d' | 'kubernetes',
): Memory {
  const { memory } = profiles[config.profile];
  // The profile that has every add-on counts them itself.
  const beside = config.profile === 'full' ? [] : addonsOf(config).map((name) => addons[name].memory);
  const mebibytes = beside.reduce((sum, addon) => sum + addon.mebibytes, memory.mebibytes);
  return {
    mebibytes: platform === 'k3d' ? mebibytes : mebibytes - k3s,
    measured: memory.measured && beside.every(({ measured }) => measured),
  };
}
