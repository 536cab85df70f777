import { describe, expect, test } from 'vitest';
import { tall, wayBetween, wide } from '../../../../src/dashboard/page/map/layout.ts';
import { stationIds, type StationId } from '../../../../src/dashboard/model/stations.ts';

describe.each([
  ['wide', wide],
  ['tall', tall],
])('the %s map', (_name, layout) => {
  const way = (from: StationId, to: StationId) =>
    wayBetween(layout, from, to).map(({ track, backwards }) =>
      backwards ? `${track.to}-${track.from}` : `${track.from}-${track.to}`,
    );

  test('a commit goes from a push to the cluster by CI, GitOps repository and operator', () => {
    expect(way('developer', 'cluster')).toEqual([
      'developer-git',
      'git-ci',
      'ci-gitops',
      'gitops-operator',
      'operator-cluster',
    ]);
  });

  test('from the registry it goes back over the CI server, for the image is no way to the operator', () => {
    expect(way('registry', 'operator')).toEqual(['registry-ci', 'ci-gitops', 'gitops-operator']);
  });

  test('there is no way where it stays', () => {
    expect(way('ci', 'ci')).toEqual([]);
  });

  test('every station stands on the map, and no two on each other', () => {
    const boxes = stationIds.map((id) => layout.boxes[id]);
    for (const [index, { x, y, width, height }] of boxes.entries()) {
      expect(x - width / 2).toBeGreaterThanOrEqual(0);
      expect(x + width / 2).toBeLessThanOrEqual(layout.width);
      expect(y - height / 2).toBeGreaterThanOrEqual(0);
      expect(y + height / 2).toBeLessThanOrEqual(layout.height);
      for (const other of boxes.slice(index + 1)) {
        const apart =
          Math.abs(x - other.x) >= (width + other.width) / 2 ||
          Math.abs(y - other.y) >= (height + other.height) / 2;
        expect(apart).toBe(true);
      }
    }
  });
});
