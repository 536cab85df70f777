import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EventEmitter } from 'node:events';
import { Journal } from '../../lib/journal.ts';
import type { StageReport } from './pipeline/host.ts';
import type { BuildRecord, JobRecord, PipelineRecord, QueueItem } from './model.ts';

type Entry =
  | { readonly job: JobRecord }
  | { readonly jobGone: string }
  | { readonly pipeline: PipelineRecord }
  | { readonly pipelineGone: string }
  | { readonly queued: QueueItem }
  | { readonly unqueued: number }
  | { readonly build: BuildRecord }
  | { readonly stage: StageReport; readonly of: string; readonly number: number }
  | { readonly buildGone: number; readonly of: string }
  | { readonly lastQueueId: number };

interface StoreEvents {
  /** A build was started, changed or finished. */
  build: [BuildRecord];
  queue: [];
}

/** Journals above this many bytes are written anew when the server starts. */
const COMPACT_ABOVE = 512 * 1024;

/**
 * Jobs, branches, queue and builds: in memory, and in a journal that survives `kill -9`. Logs, artifacts and
 * stashes lie in one folder a build (`buildFolder`).
 */
export class Store extends EventEmitter<StoreEvents> {
  readonly #folder: string;
  readonly #journal: Journal<Entry>;
  readonly #jobs = new Map<string, JobRecord>();
  readonly #pipelines = new Map<string, PipelineRecord>();
  readonly #queue = new Map<number, QueueItem>();
  /** Builds by pipeline, ascending by number. */
  readonly #builds = new Map<string, Map<number, BuildRecord>>();
  #lastQueueId = 0;

  constructor(folder: string) {
    super();
    this.#folder = folder;
    const { journal, records } = Journal.open<Entry>(join(folder, 'journal.jsonl'));
    this.#journal = journal;
    for (const record of records) this.#apply(record);
    if (journal.size > COMPACT_ABOVE) journal.rewrite(this.#snapshot());
  }

  jobs(): JobRecord[] {
    return [...this.#jobs.values()];
  }

  job(name: string): JobRecord | undefined {
    return this.#jobs.get(name);
  }

  putJob(job: JobRecord): void {
    this.#write({ job });
  }

  /** Deletes the job, its branches and all their builds. */
  async deleteJob(name: string): Promise<void> {
    for (const { fullName } of this.pipelinesOf(name)) await this.deletePipeline(fullName);
    this.#write({ jobGone: name });
    await rm(join(this.#folder, 'jobs', name), { recursive: true, force: true });
  }

  pipeline(fullName: string): PipelineRecord | undefined {
    return this.#pipelines.get(fullName);
  }

  /** The branches of a multibranch job, or the one pipeline of a pipeline job. */
  pipelinesOf(job: string): PipelineRecord[] {
    return [...this.#pipelines.values()].filter(
      ({ fullName, multibranch }) => (multibranch ?? fullName) === job,
    );
  }

  putPipeline(pipeline: PipelineRecord): void {
    this.#write({ pipeline });
  }

  async deletePipeline(fullName: string): Promise<void> {
    for (const item of this.queue()) if (item.pipeline === fullName) this.unqueue(item.id);
    this.#write({ pipelineGone: fullName });
    await rm(this.pipelineFolder(fullName), { recursive: true, force: true });
  }

  queue(): QueueItem[] {
    return [...this.#queue.values()];
  }

  queueItem(id: number): QueueItem | undefined {
    return this.#queue.get(id);
  }

  enqueue(item: Omit<QueueItem, 'id'>): QueueItem {
    const queued = { ...item, id: this.#lastQueueId + 1 };
    this.#write({ queued });
    this.emit('queue');
    return queued;
  }

  unqueue(id: number): void {
    if (this.#queue.has(id)) this.#write({ unqueued: id });
    this.emit('queue');
  }

  /** Newest first. */
  builds(pipeline: string): BuildRecord[] {
    return [...(this.#builds.get(pipeline)?.values() ?? [])].reverse();
  }

  build(pipeline: string, number: number): BuildRecord | undefined {
    return this.#builds.get(pipeline)?.get(number);
  }

  allBuilds(): BuildRecord[] {
    return [...this.#builds.values()].flatMap((builds) => [...builds.values()]);
  }

  /** The build that a queue item became. */
  buildOfQueueItem(id: number): BuildRecord | undefined {
    for (const builds of this.#builds.values()) {
      for (const build of builds.values()) if (build.queueId === id) return build;
    }
    return undefined;
  }

  putBuild(build: BuildRecord): void {
    this.#write({ build });
    this.emit('build', build);
  }

  putStage(pipeline: string, number: number, stage: StageReport): void {
    this.#write({ stage, of: pipeline, number });
    const build = this.build(pipeline, number);
    if (build !== undefined) this.emit('build', build);
  }

  async deleteBuild(pipeline: string, number: number): Promise<void> {
    this.#write({ buildGone: number, of: pipeline });
    await rm(this.buildFolder(pipeline, number), { recursive: true, force: true });
  }

  /** Names are encoded, so that none has a slash; `..` cannot be one (see `checkName`). */
  pipelineFolder(pipeline: string): string {
    const [top = '', ...below] = pipeline.split('/');
    return join(this.#folder, 'jobs', top, ...below.flatMap((name) => ['branches', name]));
  }

  buildFolder(pipeline: string, number: number): string {
    return join(this.pipelineFolder(pipeline), 'builds', String(number));
  }

  close(): void {
    if (existsSync(this.#journal.file) && this.#journal.size > 2 * COMPACT_ABOVE) {
      this.#journal.rewrite(this.#snapshot());
    }
    this.#journal.close();
    this.removeAllListeners();
  }

  #write(entry: Entry): void {
    this.#journal.append(entry);
    this.#apply(entry);
  }

  #apply(entry: Entry): void {
    if ('job' in entry) this.#jobs.set(entry.job.name, entry.job);
    else if ('jobGone' in entry) this.#jobs.delete(entry.jobGone);
    else if ('pipeline' in entry) this.#pipelines.set(entry.pipeline.fullName, entry.pipeline);
    else if ('pipelineGone' in entry) {
      this.#pipelines.delete(entry.pipelineGone);
      this.#builds.delete(entry.pipelineGone);
    } else if ('queued' in entry) {
      this.#queue.set(entry.queued.id, entry.queued);
      this.#lastQueueId = Math.max(this.#lastQueueId, entry.queued.id);
    } else if ('unqueued' in entry) this.#queue.delete(entry.unqueued);
    else if ('lastQueueId' in entry) this.#lastQueueId = Math.max(this.#lastQueueId, entry.lastQueueId);
    else if ('build' in entry) this.#setBuild(entry.build);
    else if ('stage' in entry) {
      const build = this.build(entry.of, entry.number);
      if (build !== undefined) this.#setBuild({ ...build, stages: withStage(build.stages, entry.stage) });
    } else this.#builds.get(entry.of)?.delete(entry.buildGone);
  }

  #setBuild(build: BuildRecord): void {
    const builds = this.#builds.get(build.pipeline) ?? new Map<number, BuildRecord>();
    builds.set(build.number, build);
    this.#builds.set(build.pipeline, builds);
  }

  *#snapshot(): Generator<Entry> {
    yield { lastQueueId: this.#lastQueueId };
    for (const job of this.#jobs.values()) yield { job };
    for (const pipeline of this.#pipelines.values()) yield { pipeline };
    for (const queued of this.#queue.values()) yield { queued };
    for (const build of this.allBuilds()) yield { build };
  }
}

function withStage(stages: readonly StageReport[], stage: StageReport): StageReport[] {
  const index = stages.findIndex(({ id }) => id === stage.id);
  return index < 0 ? [...stages, stage] : stages.map((old, i) => (i === index ? stage : old));
}
