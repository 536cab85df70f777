import type Docker from 'dockerode';
import { containerLog } from './container-log.ts';
import { dockerNames } from './names.ts';

/** So far back a log is read: while k3d waits for five minutes, the entrypoint writes some five hundred lines that say nothing. */
const READ = 5000;
/** So many lines of a node's log are shown. */
const MOST = 3;

/** Whether a line of k3s, or of the Kubernetes in it, tells of something that went wrong. */
const isTrouble = (line: string) =>
  /level=(fatal|error)\b/.test(line) || /(^| )(Error: |[EF]\d{4} )/.test(line);

/** What the node's entrypoint says over and over while it waits for the API server, which is never the reason. */
const isWaiting = (line: string) => line.includes('memcache.go');

/** The last lines of a node's log that tell of trouble, each once and without its time. */
export function troublesIn(lines: readonly string[]): string[] {
  const told = lines
    .filter((line) => isTrouble(line) && !isWaiting(line))
    .map((line) => line.replace(/^\d{4}-\d\d-\d\dT\S+ /, '').replace(/^time="[^"]*" /, ''));
  return [...new Set(told)].slice(-MOST).map((line) => line.slice(0, 300));
}

/** Why a node has not come up, in its own words; none when it cannot be asked. */
export async function nodeTroubles(docker: Docker, name: string): Promise<string[]> {
  const lines: string[] = [];
  try {
    const node = `k3d-${dockerNames(name).cluster}-server-0`;
    const { signal } = new AbortController();
    for await (const line of containerLog(docker, node, false, signal, READ)) lines.push(line);
  } catch {
    // It was never made, or Docker is gone: then k3d's own words have to do.
  }
  return troublesIn(lines);
}
