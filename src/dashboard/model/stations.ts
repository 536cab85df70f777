/** The stations of the loop, in the order in which a commit comes by. The colours are those of `docs/loop.svg`. */
export const stationIds = ['developer', 'git', 'ci', 'registry', 'gitops', 'operator', 'cluster'] as const;
export type StationId = (typeof stationIds)[number];

/** What a station is called, and what happens there, in a few words. */
export const stationNames: Readonly<Record<StationId, { readonly title: string; readonly about: string }>> = {
  developer: { title: 'You', about: 'edit, commit, push' },
  git: { title: 'Git server', about: 'keeps the application' },
  ci: { title: 'CI server', about: 'tests, builds, proposes' },
  registry: { title: 'Registry', about: 'images by digest' },
  gitops: { title: 'GitOps repository', about: 'says what shall run' },
  operator: { title: 'GitOps operator', about: 'pulls, compares, applies' },
  cluster: { title: 'Cluster', about: 'runs it' },
};
