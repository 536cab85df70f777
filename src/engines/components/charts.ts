import { join } from 'node:path';
import { download } from '../../lib/download.ts';
import { cacheFolder } from '../../lib/home.ts';
import { chartPin, type ChartName } from './pins.ts';

/** Where a pinned chart lies once it has been fetched. */
export function chartFile(name: ChartName): string {
  return join(cacheFolder(), 'charts', `${String(name)}-${chartPin(name).version}.tgz`);
}

/**
 * The packed chart of the pinned version, fetched once and checked. Helm gets the file, so that it asks no repository.
 * @throws PlaygroundError `download-failed`, `checksum-wrong`
 */
export async function requireChart(
  name: ChartName,
  progress: (message: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const { url, version, sha256 } = chartPin(name);
  progress(`fetching the chart ${String(name)} ${version}`);
  return download({
    title: `the chart ${String(name)} ${version}`,
    url,
    sha256,
    file: chartFile(name),
    signal,
  });
}
