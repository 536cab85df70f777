import type { StationId } from '../../model/stations.ts';

/** One line drawing for each station, 24 by 24. */
const drawings: Readonly<Record<StationId, string>> = {
  developer: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c.8-3.6 3.7-5.5 7.500-5.500s6.700 1.900 7.500 5.500',
  git: 'M7 4.500v15M7 13c0-3.500 10-1.500 10-6M7 4.500a1.700 1.700 0 1 0 0 .1M17 7a1.700 1.700 0 1 0 0-.1M7 19.500a1.700 1.700 0 1 0 0 .1',
  ci: 'M12 8.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7ZM12 3v2.500M12 18.500V21M3 12h2.500M18.500 12H21M5.600 5.600l1.800 1.800M16.600 16.600l1.800 1.800M18.400 5.600l-1.800 1.800M7.400 16.600l-1.800 1.800',
  registry: 'M12 3.500 20 8v8l-8 4.500L4 16V8l8-4.500ZM4 8l8 4.500L20 8M12 12.500v8',
  gitops: 'M6 3.500h8.500L19 8v12.500H6v-17ZM14 3.500V8.500h5M9 13h6.500M9 16.500h6.500',
  operator:
    'M20 12a8 8 0 0 1-14.300 4.900M4 12a8 8 0 0 1 14.300-4.900M18.500 3v4.300h-4.300M5.500 21v-4.300h4.300',
  cluster: 'M12 3.500 19.500 8v8L12 20.500 4.500 16V8L12 3.500ZM12 12l7.500-4M12 12v8.500M12 12 4.500 8',
};

export function StationIcon({ id }: { readonly id: StationId }) {
  return (
    <svg class="station-icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={drawings[id]} />
    </svg>
  );
}
