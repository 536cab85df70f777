import { messageOf } from '../../../lib/errors.ts';
import type { Log } from '../../../lib/log.ts';
import type { CredentialStore } from '../credentials.ts';
import type { Mirrors } from '../git/mirror.ts';
import { parseJobConfig } from '../config-xml.ts';
import type { Head, JobConfig, BuildRecord, PipelineRecord, QueueItem } from '../model.ts';
import { itemPath } from '../names.ts';
import type { PipelineOutcome, PipelineScript } from '../pipeline/outcome.ts';
import type { GitScm } from '../steps/scm.ts';
import { describeResult, stateOf, type StatusReporter, type StatusTarget } from '../statuses.ts';
import { BuildLog } from './log.ts';
import type { ProcessBook } from './processes.ts';
import { RunningBuild } from './running.ts';
import { logFile, newCookie, runBuild, type RunnerParts } from './runner.ts';
import { Locks, type BuildServices } from './services.ts';

/** Builds that every pipeline keeps when it does not say otherwise. */
const DEFAULT_KEEP = 100;

export interface BuildsParts extends RunnerParts {
  readonly log: Log;
  readonly credentials: CredentialStore;
  readonly mirrors: Mirrors;
  readonly gitEnv: Readonly<Record<string, string>>;
  readonly processes: ProcessBook;
  readonly statuses: StatusReporter;
  /** Credentials of a Gitea server for statuses, where the job has none. */
  readonly serverLogin: (serverUrl: string) => StatusTarget['login'];
  /** A pipeline text that a scan has read already. */
  readonly knownScript: (remote: string, revision: string, path: string) => string | undefined;
  readonly runJob: BuildServices['runJob'];
}

/** All builds that run now: starts them, records how they end, and what is kept of them. */
export class Builds {
  readonly #parts: BuildsParts;
  readonly #running = new Map<string, RunningBuild>();
  readonly #locks = new Locks();
  #onFinished: () => void = () => undefined;

  constructor(parts: BuildsParts) {
    this.#parts = parts;
  }

  /** Called after each build, when the queue may move on. */
  onFinished(listener: () => void): void {
    this.#onFinished = listener;
  }

  running(pipeline: string, number: number): RunningBuild | undefined {
    return this.#running.get(`${pipeline}#${number}`);
  }

  runningOf(pipeline: string): RunningBuild[] {
    return [...this.#running.values()].filter((build) => build.pipeline === pipeline);
  }

  allRunning(): RunningBuild[] {
    return [...this.#running.values()];
  }

  /** Makes a numbered build of a queue item and starts it. */
  start(item: QueueItem): BuildRecord {
    const { store, log } = this.#parts;
    const pipeline = store.pipeline(item.pipeline);
    if (pipeline === undefined) throw new Error(`there is no pipeline ${item.pipeline}`);
    const number = pipeline.nextNumber;
    store.putPipeline({ ...pipeline, nextNumber: number + 1 });
    const build: BuildRecord = {
      pipeline: item.pipeline,
      number,
      queueId: item.id,
      timestamp: Date.now(),
      duration: 0,
      building: true,
      result: null,
      causes: item.causes,
      parameters: item.parameters,
      checkouts: [],
      revision: item.revision,
      artifacts: [],
      stages: [],
      ...(item.script === undefined ? {} : { replayed: true }),
    };
    store.putBuild(build);
    const buildLog = new BuildLog(logFile(store.buildFolder(build.pipeline, number)));
    const running = new RunningBuild(build, buildLog, (change) => {
      const current = store.build(build.pipeline, number);
      if (current !== undefined) store.putBuild({ ...current, ...change });
    });
    this.#running.set(`${build.pipeline}#${number}`, running);
    running.finished = this.#run(running, build, pipeline, item.script).catch((error: unknown) => {
      log.error(`build ${build.pipeline} #${number}: ${messageOf(error)}`);
    });
    return build;
  }

  /** Marks builds that an earlier server process has left unfinished. @returns their records. */
  closeInterrupted(): BuildRecord[] {
    const { store } = this.#parts;
    const interrupted = store.allBuilds().filter(({ building }) => building);
    for (const build of interrupted) {
      const log = new BuildLog(logFile(store.buildFolder(build.pipeline, build.number)));
      log.line('\nThe CI server was ended while this build was running; it cannot be resumed.');
      log.line('Finished: ABORTED');
      log.close();
      const stages = build.stages.map((stage) =>
        stage.status === 'IN_PROGRESS' || stage.status === 'PAUSED_PENDING_INPUT'
          ? { ...stage, status: 'ABORTED' as const }
          : stage,
      );
      store.putBuild({
        ...build,
        building: false,
        result: 'ABORTED',
        stages,
        duration: Math.max(0, Date.now() - build.timestamp),
      });
      const pipeline = store.pipeline(build.pipeline);
      if (pipeline !== undefined) this.#report(pipeline, build, { result: 'ABORTED' });
    }
    return interrupted;
  }

  async stopAll(reason: string): Promise<void> {
    const running = this.allRunning();
    for (const build of running) build.stop(reason);
    await Promise.all(running.map((build) => build.finished));
  }

  async #run(
    running: RunningBuild,
    build: BuildRecord,
    pipeline: PipelineRecord,
    replayed: string | undefined,
  ): Promise<void> {
    const { store, processes } = this.#parts;
    const cookie = newCookie(build);
    let outcome: PipelineOutcome;
    try {
      for (const cause of build.causes) running.log.line(cause.description);
      this.#report(pipeline, build, undefined);
      const config = this.#configOf(pipeline);
      const scm = scmOf(config, pipeline.head, build.revision);
      const script = await this.#script(running, config, scm, replayed);
      outcome = await runBuild(this.#parts, {
        running,
        build,
        pipeline,
        config,
        script,
        scm,
        services: this.#services(running, build, cookie),
      });
    } catch (error) {
      running.log.line(`ERROR: ${messageOf(error)}`);
      const result = running.signal.aborted ? 'ABORTED' : 'FAILURE';
      outcome = { result, error: { kind: 'step', message: messageOf(error) } };
    }
    // `stopAll` resolves when the processes have ended; nobody else waits for that.
    const ended = processes.endBuild(cookie);
    running.log.line(`Finished: ${outcome.result}`);
    running.log.close();
    running.update({
      building: false,
      result: outcome.result,
      duration: Math.max(1, Date.now() - build.timestamp),
      ...(outcome.displayName === undefined ? {} : { displayName: outcome.displayName }),
      ...(outcome.description === undefined ? {} : { description: outcome.description }),
    });
    this.#running.delete(`${build.pipeline}#${build.number}`);
    this.#report(pipeline, store.build(build.pipeline, build.number) ?? build, outcome);
    this.#onFinished();
    await ended;
    await this.#discard(build.pipeline);
  }

  async #script(
    running: RunningBuild,
    config: JobConfig,
    scm: GitScm | undefined,
    replayed: string | undefined,
  ): Promise<PipelineScript> {
    if (config.kind === 'pipeline') return { file: 'WorkflowScript', source: replayed ?? config.script };
    if (scm?.revision === undefined) throw new Error('the branch has no head to build');
    const file = config.scriptPath;
    if (replayed !== undefined) return { file, source: replayed };
    const { mirrors, credentials } = this.#parts;
    const mirror = mirrors.of(scm.remote);
    const known = this.#parts.knownScript(scm.remote, scm.revision, file);
    if (known === undefined) {
      await mirror.ensure(scm.revision, scm.ref ?? 'HEAD', credentials.login(scm.credentialsId));
    }
    const source = known ?? (await mirror.read(scm.revision, file));
    if (source === undefined) throw new Error(`${file} not found in ${scm.remote} at ${scm.revision}`);
    running.log.line(`Obtained ${file} from ${scm.revision}`);
    return { file, source };
  }

  #services(running: RunningBuild, build: BuildRecord, cookie: string): Omit<BuildServices, 'worsen'> {
    const { store, credentials, mirrors, gitEnv, processes, runJob } = this.#parts;
    const current = () => store.build(build.pipeline, build.number) ?? build;
    return {
      pipeline: build.pipeline,
      number: build.number,
      folder: store.buildFolder(build.pipeline, build.number),
      log: running.log,
      credentials,
      mirrors,
      gitEnv,
      processes,
      cookie,
      inputs: running.inputs,
      locks: this.#locks,
      roots: running.roots,
      addCheckout: (checkout) => {
        const others = current().checkouts.filter(({ remote }) => remote !== checkout.remote);
        running.update({ checkouts: [...others, checkout] });
      },
      addArtifacts: (artifacts) => {
        const paths = new Set(artifacts.map(({ path }) => path));
        const others = current().artifacts.filter(({ path }) => !paths.has(path));
        running.update({ artifacts: [...others, ...artifacts] });
      },
      addTests: (counts) => {
        const before = current().tests ?? { total: 0, failed: 0, skipped: 0 };
        running.update({
          tests: {
            total: before.total + counts.total,
            failed: before.failed + counts.failed,
            skipped: before.skipped + counts.skipped,
          },
        });
      },
      previousRevisions: (remote) => {
        const earlier = store.builds(build.pipeline).filter(({ number }) => number < build.number);
        const revisionIn = (one: BuildRecord | undefined) =>
          one?.checkouts.find((checkout) => checkout.remote === remote)?.revision;
        return {
          last: revisionIn(earlier[0]),
          lastSuccessful: revisionIn(earlier.find(({ result }) => result === 'SUCCESS')),
        };
      },
      runJob,
    };
  }

  #configOf(pipeline: PipelineRecord): JobConfig {
    const job = this.#parts.store.job(pipeline.multibranch ?? pipeline.fullName);
    if (job === undefined) throw new Error('the job of this build was deleted');
    return parseJobConfig(job.configXml);
  }

  #report(pipeline: PipelineRecord, build: BuildRecord, outcome: PipelineOutcome | undefined): void {
    const { statuses, credentials, serverLogin, rootUrl } = this.#parts;
    if (pipeline.multibranch === undefined || build.revision === undefined) return;
    const config = this.#configOf(pipeline);
    if (config.kind !== 'multibranch' || config.source.gitea === undefined) return;
    const { gitea, credentialsId } = config.source;
    const pull = pipeline.head?.pullRequest;
    const target: StatusTarget = {
      ...gitea,
      revision: build.revision,
      context: `${pipeline.multibranch}/pipeline/${pull === undefined ? 'head' : `pr-${pull.target}`}`,
      login: credentials.login(credentialsId) ?? serverLogin(gitea.serverUrl),
    };
    const url = `${rootUrl.replace(/\/$/, '')}${itemPath(build.pipeline)}${build.number}/`;
    if (outcome === undefined) statuses.report(target, 'pending', 'Build started...', url);
    else {
      const description = describeResult(outcome.result, outcome.error);
      statuses.report(target, stateOf(outcome.result), description, url);
    }
  }

  /** Forgets the builds that the pipeline's `buildDiscarder`, or the default, does not keep. */
  async #discard(fullName: string): Promise<void> {
    const { store } = this.#parts;
    const { buildsToKeep = DEFAULT_KEEP, daysToKeep } = store.pipeline(fullName)?.properties ?? {};
    const builds = store.builds(fullName);
    const spared = new Set([
      builds.find(({ result }) => result === 'SUCCESS')?.number,
      builds.find(({ result }) => result === 'SUCCESS' || result === 'UNSTABLE')?.number,
    ]);
    const oldest = daysToKeep === undefined ? 0 : Date.now() - daysToKeep * 86_400_000;
    for (const [index, build] of builds.entries()) {
      const over = index >= buildsToKeep || build.timestamp < oldest;
      if (over && !build.building && !spared.has(build.number))
        await store.deleteBuild(fullName, build.number);
    }
  }
}

function scmOf(config: JobConfig, head: Head | undefined, revision: string | undefined): GitScm | undefined {
  if (config.kind !== 'multibranch' || head === undefined) return undefined;
  return {
    remote: config.source.remote,
    branch: head.name,
    ref: head.ref,
    revision: revision ?? head.revision,
    credentialsId: config.source.credentialsId,
  };
}
