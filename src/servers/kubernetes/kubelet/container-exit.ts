import type { Exit } from './container-process.ts';

/** How the API tells the end of a process. `limited` says that it had a memory limit. */
export function meaningOf({ code, signal }: Exit, limited: boolean): { code: number; reason: string } {
  // A heap that is full ends node with SIGABRT; with a memory limit that is what the kernel's killer would do.
  if (limited && (signal === 'SIGABRT' || code === 134)) return { code: 137, reason: 'OOMKilled' };
  return { code, reason: code === 0 ? 'Completed' : 'Error' };
}

/** Milliseconds as Go writes durations: `10s`, `2m40s`. */
export function durationOf(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
