import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createGitea } from '../../clients/gitea.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { parseJobConfig } from './config-xml.ts';
import type { CredentialStore } from './credentials.ts';
import type { Login } from './git/git.ts';
import type { Mirrors } from './git/mirror.ts';
import { type BuildRecord, noProperties, type Cause, type Head, type MultibranchConfig } from './model.ts';
import { branchFullName } from './names.ts';
import type { Queue } from './queue.ts';
import type { Store } from './store.ts';

/** Branches that are gone keep their builds until there are more of them than this. */
const KEPT_RETIRED = 20;
/** Pauses after scans that could not reach the repository, in milliseconds, before the job's own interval counts again. */
const RETRIES = [200, 500, 1000, 2000, 5000, 10_000, 30_000];
const KNOWN_SCRIPTS = 32;

export interface MultibranchParts {
  readonly store: Store;
  readonly queue: Queue;
  readonly mirrors: Mirrors;
  readonly credentials: CredentialStore;
  readonly serverLogin: (serverUrl: string) => Login | undefined;
  readonly indexingLog: (job: string) => string;
  readonly workspaceGone: (pipeline: string) => Promise<void>;
  readonly log: Log;
}

/** Keeps the branch jobs of multibranch projects like the branches of their repositories: by events, and by scans. */
export class Multibranch {
  readonly #parts: MultibranchParts;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #scanning = new Map<string, Promise<void>>();
  readonly #events = new Map<string, Promise<void>>();
  /** Pipeline texts read while probing, for the build that follows at once. */
  readonly #scripts = new Map<string, string>();
  /** When an event last spoke of a head: a scan that listed the branches before that knows less. */
  readonly #told = new Map<string, number>();
  #closed = false;

  constructor(parts: MultibranchParts) {
    this.#parts = parts;
  }

  config(job: string): MultibranchConfig | undefined {
    const record = this.#parts.store.job(job);
    if (record === undefined) return undefined;
    const config = parseJobConfig(record.configXml);
    return config.kind === 'multibranch' ? config : undefined;
  }

  knownScript(remote: string, revision: string, path: string): string | undefined {
    return this.#scripts.get(`${remote}@${revision}:${path}`);
  }

  /** Scans now; a scan that runs already is followed by another one, because it may have looked too early. */
  scan(job: string, cause: string, attempt = 0): Promise<void> {
    const before = this.#scanning.get(job) ?? Promise.resolve();
    const mine = before.then(() => this.#scan(job, cause, attempt));
    this.#scanning.set(job, mine);
    return mine.finally(() => {
      if (this.#scanning.get(job) === mine) this.#scanning.delete(job);
    });
  }

  isScanning(job: string): boolean {
    return this.#scanning.has(job);
  }

  /**
   * A head was created or moved. Only what the event says is looked at; events of one job are handled in order.
   * @param before where the head was, as the event says: a late event about something older is recognized by it.
   */
  headChanged(job: string, head: Head, cause: Cause, before?: string): Promise<void> {
    return this.#inOrder(job, async () => {
      const config = this.config(job);
      if (config === undefined || config.disabled) return;
      const fullName = branchFullName(job, head.name);
      const known = this.#parts.store.pipeline(fullName);
      if (
        known?.head !== undefined &&
        !known.retired &&
        before !== undefined &&
        before !== known.head.revision
      ) {
        const mirror = this.#parts.mirrors.of(config.source.remote);
        if (await mirror.isAncestor(head.revision, known.head.revision)) {
          this.#schedule(job, RETRIES[0] ?? 0, 0);
          return;
        }
      }
      this.#told.set(fullName, Date.now());
      await this.#look(job, config, head, cause, (line) => {
        this.#parts.log.info(`${job}: ${line}`);
      });
    });
  }

  headGone(job: string, name: string): Promise<void> {
    return this.#inOrder(job, async () => {
      this.#told.set(branchFullName(job, name), Date.now());
      await this.#retire(job, branchFullName(job, name));
    });
  }

  forget(job: string): void {
    clearTimeout(this.#timers.get(job));
    this.#timers.delete(job);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of [...this.#timers.keys()]) this.forget(job);
    await Promise.allSettled([...this.#scanning.values(), ...this.#events.values()]);
  }

  #inOrder(job: string, action: () => Promise<void>): Promise<void> {
    const before = this.#events.get(job) ?? Promise.resolve();
    const mine = before.then(action).catch((error: unknown) => {
      this.#parts.log.warn(
        `${job}: an event could not be handled: ${messageOf(error)}; a scan will find what it was about`,
      );
      this.#schedule(job, RETRIES[0] ?? 0, 1);
    });
    this.#events.set(job, mine);
    return mine.finally(() => {
      if (this.#events.get(job) === mine) this.#events.delete(job);
    });
  }

  async #scan(job: string, cause: string, attempt: number): Promise<void> {
    const config = this.config(job);
    if (config === undefined || this.#closed) return;
    this.forget(job);
    const file = this.#parts.indexingLog(job);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${cause}\n[${new Date().toISOString()}] Starting branch indexing...\n`, {
      mode: 0o600,
    });
    const lines: string[] = [];
    const tell = (line: string) => {
      lines.push(line);
    };
    let next = config.scanInterval;
    let failed = false;
    try {
      if (config.disabled) tell('The job is disabled.');
      else await this.#compare(job, config, tell);
    } catch (error) {
      failed = true;
      next = Math.min(next, RETRIES[attempt] ?? next);
      tell(`ERROR: ${messageOf(error)}`);
      this.#parts.log.warn(`${job}: indexing failed: ${messageOf(error)}`);
    }
    await appendFile(file, `${lines.join('\n')}\nFinished: ${failed ? 'FAILURE' : 'SUCCESS'}\n`);
    this.#schedule(job, next, failed ? attempt + 1 : 0);
  }

  #schedule(job: string, delay: number, attempt: number): void {
    if (this.#closed || this.#parts.store.job(job) === undefined) return;
    clearTimeout(this.#timers.get(job));
    const timer = setTimeout(() => {
      void this.scan(job, 'Started by timer', attempt).catch((error: unknown) => {
        this.#parts.log.error(`${job}: ${messageOf(error)}`);
      });
    }, delay);
    timer.unref();
    this.#timers.set(job, timer);
  }

  async #compare(job: string, config: MultibranchConfig, tell: (line: string) => void): Promise<void> {
    const { store, mirrors } = this.#parts;
    tell(`Listing ${config.source.remote}`);
    const listed = Date.now();
    const newer = (fullName: string) => (this.#told.get(fullName) ?? 0) >= listed;
    const refs = await mirrors.of(config.source.remote).refs(this.#login(config));
    const heads = config.source.branches ? branchesOf(refs) : [];
    if (config.source.pullRequests) heads.push(...(await this.#pullRequests(config)));
    for (const head of heads) {
      tell(`  Checking ${head.name}`);
      await this.#inTurn(job, async () => {
        if (newer(branchFullName(job, head.name))) return;
        await this.#look(
          job,
          config,
          head,
          { kind: 'branch-indexing', description: 'Branch indexing' },
          tell,
        );
      });
    }
    const names = new Set(heads.map((head) => branchFullName(job, head.name)));
    for (const { fullName, retired } of store.pipelinesOf(job)) {
      if (!names.has(fullName) && !retired && !newer(fullName)) {
        tell(`  ${fullName} is gone`);
        await this.#retire(job, fullName);
      }
    }
    tell(`  ${heads.length} heads were looked at`);
  }

  /** Like `#inOrder`, with errors for the caller. */
  async #inTurn(job: string, action: () => Promise<void>): Promise<void> {
    let failure: unknown;
    await this.#inOrder(job, () =>
      action().catch((error: unknown) => {
        failure = error;
      }),
    );
    if (failure !== undefined) throw failure instanceof Error ? failure : new Error(messageOf(failure));
  }

  /** Builds a head that is new or has moved, if it has a pipeline. */
  async #look(
    job: string,
    config: MultibranchConfig,
    head: Head,
    cause: Cause,
    tell: (line: string) => void,
  ): Promise<void> {
    const { store, queue, mirrors } = this.#parts;
    const fullName = branchFullName(job, head.name);
    const known = store.pipeline(fullName);
    if (known?.head?.revision === head.revision && !known.retired) return;
    const mirror = mirrors.of(config.source.remote);
    await mirror.ensure(head.revision, head.ref, this.#login(config));
    const script = await mirror.read(head.revision, config.scriptPath);
    if (script === undefined) {
      tell(`    ‘${config.scriptPath}’ not found in ${head.name}`);
      if (known !== undefined) await this.#retire(job, fullName);
      return;
    }
    if (this.#closed || store.job(job) === undefined) return;
    this.#remember(`${config.source.remote}@${head.revision}:${config.scriptPath}`, script);
    store.putPipeline({
      fullName,
      multibranch: job,
      disabled: false,
      nextNumber: 1,
      properties: noProperties,
      ...known,
      head,
      retired: false,
    });
    if (wasBuilt(store.builds(fullName)[0], head.revision)) {
      tell(`    ${head.name} is back at ${head.revision}, which its last build has built`);
      return;
    }
    const item = queue.schedule(fullName, { revision: head.revision, cause });
    tell(`    Scheduled build of ${head.name} at ${head.revision} (queue item ${item.id})`);
  }

  async #retire(job: string, fullName: string): Promise<void> {
    const { store, workspaceGone } = this.#parts;
    const pipeline = store.pipeline(fullName);
    if (pipeline === undefined || pipeline.retired) return;
    for (const item of store.queue()) if (item.pipeline === fullName) store.unqueue(item.id);
    store.putPipeline({ ...pipeline, retired: true });
    await workspaceGone(fullName);
    const retired = store
      .pipelinesOf(job)
      .filter((one) => one.retired)
      .sort((a, b) => lastBuilt(store, b.fullName) - lastBuilt(store, a.fullName));
    for (const { fullName: old } of retired.slice(KEPT_RETIRED)) await store.deletePipeline(old);
  }

  async #pullRequests(config: MultibranchConfig): Promise<Head[]> {
    const { gitea } = config.source;
    if (gitea === undefined) return [];
    const auth = this.#login(config);
    const client = createGitea({ url: gitea.serverUrl, ...(auth === undefined ? {} : { auth }) });
    const pulls = await client.listPulls(gitea.owner, gitea.repository, 'open');
    return pulls.map((pull) => pullRequestHead(pull));
  }

  #login(config: MultibranchConfig): Login | undefined {
    const { source } = config;
    const own = this.#parts.credentials.login(source.credentialsId);
    return own ?? (source.gitea === undefined ? undefined : this.#parts.serverLogin(source.gitea.serverUrl));
  }

  #remember(key: string, script: string): void {
    this.#scripts.set(key, script);
    const [oldest] = this.#scripts.keys();
    if (this.#scripts.size > KNOWN_SCRIPTS && oldest !== undefined) this.#scripts.delete(oldest);
  }
}

/**
 * Whether a branch that was moved back stands where its last build left it, because the builds since then were deleted
 * with the commits.
 */
function wasBuilt(last: BuildRecord | undefined, revision: string): boolean {
  return last?.revision === revision && !last.building && last.result !== 'ABORTED';
}

/** The head of a pull request as Gitea tells it, in the API and in webhooks. */
export function pullRequestHead(pull: {
  readonly number: number;
  readonly title: string;
  readonly html_url: string;
  readonly user: { readonly login: string };
  readonly head: { readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string };
}): Head {
  return {
    name: `PR-${pull.number}`,
    ref: `refs/pull/${pull.number}/head`,
    revision: pull.head.sha,
    pullRequest: {
      number: pull.number,
      title: pull.title,
      author: pull.user.login,
      source: pull.head.ref,
      target: pull.base.ref,
      url: pull.html_url,
    },
  };
}

function branchesOf(refs: ReadonlyMap<string, string>): Head[] {
  return [...refs].flatMap(([ref, revision]) =>
    ref.startsWith('refs/heads/') ? [{ name: ref.slice('refs/heads/'.length), ref, revision }] : [],
  );
}

function lastBuilt(store: Store, fullName: string): number {
  return store.builds(fullName)[0]?.timestamp ?? 0;
}
