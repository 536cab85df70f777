import type { RetryStrategy } from '../../../clients/argocd-types.ts';

/**
 * Milliseconds to wait before a failed operation is tried again, or undefined when it has had its chances.
 * @param done how often it has been retried already.
 */
export function retryDelay(strategy: RetryStrategy | undefined, done: number): number | undefined {
  const limit = strategy?.limit ?? 0;
  // A negative limit retries for ever, as in Argo CD.
  if (limit >= 0 && done >= limit) return undefined;
  const { duration = '5s', factor = 2, maxDuration = '3m' } = strategy?.backoff ?? {};
  const first = parseDuration(duration) ?? 5000;
  const most = parseDuration(maxDuration) ?? 180_000;
  return Math.min(most, first * Math.max(1, factor) ** done);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a Go duration (`1m30s`, `500ms`) or a plain number of seconds. */
export function parseDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number = '0', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(number) * (UNITS[unit] ?? 0);
  }
  return total;
}
