import { setTimeout as delay } from 'node:timers/promises';
import { createGitea, type CommitStatusState } from '../../clients/gitea.ts';
import { hasStatus } from '../../clients/http.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Login } from './git/git.ts';
import type { BuildResult } from './pipeline/host.ts';
import type { PipelineError } from './pipeline/outcome.ts';

/** Pauses between the tries, in milliseconds. */
const PAUSES = [50, 200, 800, 2000, 5000, 10_000];

export interface StatusTarget {
  readonly serverUrl: string;
  readonly owner: string;
  readonly repository: string;
  readonly revision: string;
  /** As the gitea plugin names it: `<multibranch job>/pipeline/head`, or `…/pipeline/pr-<target>`. */
  readonly context: string;
  readonly login: Login | undefined;
}

/** Reports commit statuses to Gitea, in order for each commit and context, and again when the server does not answer. */
export class StatusReporter {
  readonly #log: Log;
  readonly #tails = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();

  constructor(log: Log) {
    this.#log = log;
  }

  report(target: StatusTarget, state: CommitStatusState, description: string, url: string): void {
    const key = `${target.serverUrl}/${target.owner}/${target.repository}@${target.revision} ${target.context}`;
    const before = this.#tails.get(key) ?? Promise.resolve();
    const mine = before.then(() => this.#send(target, state, description, url));
    this.#tails.set(key, mine);
    void mine.finally(() => {
      if (this.#tails.get(key) === mine) this.#tails.delete(key);
    });
  }

  /** Gives what is under way a moment, then gives up. */
  async close(): Promise<void> {
    const pending = Promise.all(this.#tails.values());
    await Promise.race([pending, delay(500, undefined, { ref: false })]);
    this.#stop.abort();
    await pending;
  }

  async #send(
    target: StatusTarget,
    state: CommitStatusState,
    description: string,
    url: string,
  ): Promise<void> {
    const { serverUrl, owner, repository, revision, context, login } = target;
    const gitea = createGitea({ url: serverUrl, ...(login === undefined ? {} : { auth: login }) });
    const status = { state, context, description: shorten(description), target_url: url };
    for (const pause of [...PAUSES, undefined]) {
      if (this.#stop.signal.aborted) return;
      try {
        await gitea.createStatus(owner, repository, revision, status);
        return;
      } catch (error) {
        const refused = hasStatus(error, 400, 401, 403, 404, 422);
        if (refused || pause === undefined) {
          this.#log.warn(
            `could not report ${state} for ${owner}/${repository}@${revision}: ${messageOf(error)}`,
          );
          return;
        }
        await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }
}

export function stateOf(result: BuildResult): CommitStatusState {
  switch (result) {
    case 'SUCCESS':
      return 'success';
    case 'UNSTABLE':
    case 'FAILURE':
      return 'failure';
    case 'ABORTED':
    case 'NOT_BUILT':
      return 'error';
  }
}

/** The sentences of the gitea plugin, followed by the reason where there is one. */
export function describeResult(result: BuildResult, error: PipelineError | undefined): string {
  const sentence = {
    SUCCESS: 'This commit looks good',
    UNSTABLE: 'This commit has test failures',
    FAILURE: 'There was a failure building this commit',
    ABORTED: 'Something is wrong with the build of this commit',
    NOT_BUILT: 'Something is wrong with the build of this commit',
  }[result];
  return result === 'FAILURE' && error !== undefined ? reasonOf(error) : sentence;
}

/** The first line that says something, with the place when it does not say that itself. */
function reasonOf({ message, file, line, column }: PipelineError): string {
  const lines = message.split('\n').filter((text) => text.trim() !== '' && text.trim() !== 'startup failed:');
  const first = lines[0]?.trim() ?? message;
  if (file === undefined || line === undefined || first.startsWith(file)) return first;
  return `${file}:${line}${column === undefined ? '' : `:${column}`}: ${first}`;
}

function shorten(text: string): string {
  const line = text.split('\n')[0]?.trim() ?? '';
  return line.length <= 140 ? line : `${line.slice(0, 139)}…`;
}
