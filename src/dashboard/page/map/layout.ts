import type { StationId } from '../../model/stations.ts';

interface Box {
  /** The middle of the station, and its size. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Track {
  readonly from: StationId;
  readonly to: StationId;
  readonly path: string;
  readonly label: string;
  readonly labelAt: readonly [x: number, y: number];
  /** Two names of one place: drawn lightly, and no way. */
  readonly isTie?: boolean;
  /** What is taken here is no commit: the cluster pulls the image, the commit comes by the operator. */
  readonly isSupply?: boolean;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: Readonly<Record<StationId, Box>>;
  readonly tracks: readonly Track[];
}

/** Two lines of stations, as on `docs/loop.svg`: above what is built, below what shall run. */
export const wide: Layout = {
  width: 1200,
  height: 500,
  boxes: {
    developer: { x: 104, y: 250, width: 168, height: 96 },
    git: { x: 344, y: 250, width: 196, height: 96 },
    ci: { x: 606, y: 98, width: 224, height: 96 },
    registry: { x: 874, y: 98, width: 196, height: 96 },
    gitops: { x: 606, y: 402, width: 224, height: 96 },
    operator: { x: 874, y: 402, width: 212, height: 96 },
    cluster: { x: 1080, y: 250, width: 204, height: 156 },
  },
  tracks: [
    { from: 'developer', to: 'git', path: 'M188 250 H246', label: 'push', labelAt: [217, 237] },
    {
      from: 'git',
      to: 'ci',
      path: 'M344 202 V148 Q344 98 394 98 H494',
      label: 'webhook',
      labelAt: [434, 85],
    },
    { from: 'ci', to: 'registry', path: 'M718 98 H776', label: 'image', labelAt: [747, 85] },
    { from: 'ci', to: 'gitops', path: 'M606 146 V354', label: 'commit, pull request', labelAt: [620, 255] },
    {
      from: 'git',
      to: 'gitops',
      path: 'M344 298 V352 Q344 402 394 402 H494',
      label: 'same server',
      labelAt: [434, 424],
      isTie: true,
    },
    { from: 'gitops', to: 'operator', path: 'M718 402 H768', label: 'pull', labelAt: [743, 389] },
    {
      from: 'operator',
      to: 'cluster',
      path: 'M980 402 H1030 Q1080 402 1080 352 V328',
      label: 'apply',
      labelAt: [1094, 372],
    },
    {
      from: 'registry',
      to: 'cluster',
      path: 'M972 98 H1030 Q1080 98 1080 148 V172',
      label: 'pull image',
      labelAt: [1094, 142],
      isSupply: true,
    },
  ],
};

/** The same from top to bottom, for a phone that is held upright. */
export const tall: Layout = {
  width: 380,
  height: 700,
  boxes: {
    developer: { x: 190, y: 46, width: 176, height: 70 },
    git: { x: 190, y: 164, width: 200, height: 70 },
    ci: { x: 98, y: 296, width: 172, height: 70 },
    registry: { x: 292, y: 296, width: 160, height: 70 },
    gitops: { x: 98, y: 444, width: 172, height: 70 },
    operator: { x: 292, y: 444, width: 160, height: 70 },
    cluster: { x: 190, y: 608, width: 240, height: 130 },
  },
  tracks: [
    { from: 'developer', to: 'git', path: 'M190 81 V129', label: 'push', labelAt: [200, 109] },
    {
      from: 'git',
      to: 'ci',
      path: 'M150 199 V214 Q150 230 134 230 H114 Q98 230 98 246 V261',
      label: 'webhook',
      labelAt: [164, 234],
    },
    { from: 'ci', to: 'registry', path: 'M184 296 H212', label: '', labelAt: [198, 286] },
    { from: 'ci', to: 'gitops', path: 'M98 331 V409', label: 'commit', labelAt: [108, 374] },
    {
      from: 'git',
      to: 'gitops',
      path: 'M90 164 H20 Q6 164 6 178 V430 Q6 444 12 444',
      label: '',
      labelAt: [0, 0],
      isTie: true,
    },
    { from: 'gitops', to: 'operator', path: 'M184 444 H212', label: '', labelAt: [198, 434] },
    { from: 'operator', to: 'cluster', path: 'M272 479 V543', label: 'apply', labelAt: [226, 518] },
    {
      from: 'registry',
      to: 'cluster',
      path: 'M330 331 V352 Q330 366 344 366 H360 Q374 366 374 380 V594 Q374 608 360 608 H310',
      label: '',
      labelAt: [0, 0],
      isSupply: true,
    },
  ],
};

/** The tracks that a commit takes between two stations on the shortest way, each with whether it is gone backwards. */
export function wayBetween(
  { tracks }: Layout,
  from: StationId,
  to: StationId,
): readonly { readonly track: Track; readonly backwards: boolean }[] {
  type Way = { readonly track: Track; readonly backwards: boolean }[];
  const ways = new Map<StationId, Way>([[from, []]]);
  const queue: StationId[] = [from];
  for (let here = queue.shift(); here !== undefined && here !== to; here = queue.shift()) {
    for (const track of tracks) {
      if (track.isTie === true || track.isSupply === true) continue;
      if (track.from !== here && track.to !== here) continue;
      const backwards = track.to === here;
      const next = backwards ? track.from : track.to;
      if (ways.has(next)) continue;
      ways.set(next, [...(ways.get(here) ?? []), { track, backwards }]);
      queue.push(next);
    }
  }
  return ways.get(to) ?? [];
}
