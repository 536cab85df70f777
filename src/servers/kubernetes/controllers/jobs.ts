import type { JobCondition, JobStatus } from 'kubernetes-types/batch/v1';
import { messageOf } from '../../../lib/errors.ts';
import type { ControllerContext, Stop } from './controller.ts';
import { stopAll } from './controller.ts';
import { timestamp } from './clock.ts';
import { keyOf, splitKey, types, type Job, type Pod } from './objects.ts';
import { claim, controllerOf, podFromTemplate } from './ownership.ts';
import { isActive, isReady, restarts } from './pod-state.ts';
import { WorkQueue } from './work-queue.ts';

const COMPONENT = 'job-controller';
/** Pods that fail are replaced after 10 s, doubling up to 6 minutes. */
const FIRST_BACKOFF = 10_000;
const LONGEST_BACKOFF = 360_000;

/** Runs the pods of each Job until as many as it asks for have succeeded, or too many have failed. */
export function startJobController(context: ControllerContext): Stop {
  const { cluster, clock, log } = context;
  const queue = new WorkQueue({
    name: 'jobs',
    clock,
    log,
    reconcile: (key) => {
      reconcile(context, queue, key);
    },
  });
  return stopAll([
    cluster.subscribe<Job>(types.jobs, ({ object }) => {
      queue.add(keyOf(object));
    }),
    cluster.subscribe<Pod>(types.pods, ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'Job') queue.add(`${object.metadata.namespace ?? ''}/${owner.name}`);
    }),
    () => {
      queue.stop();
    },
  ]);
}

function reconcile(context: ControllerContext, queue: WorkQueue, key: string): void {
  const { cluster } = context;
  const { namespace, name } = splitKey(key);
  const job = cluster.get<Job>(types.jobs, namespace, name);
  if (job === undefined || job.metadata.deletionTimestamp !== undefined) return;
  if (finishedAt(job) !== undefined) {
    expire(context, queue, job);
    return;
  }
  new JobRun(context, queue, job, claim<Pod>(cluster, types.pods, job, job.spec.selector)).step();
}

function finishedAt(job: Job): number | undefined {
  const end = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  return end && Date.parse(end.lastTransitionTime ?? '');
}

/** Deletes a finished Job when its time to live is over. */
function expire({ cluster, clock }: ControllerContext, queue: WorkQueue, job: Job): void {
  const { ttlSecondsAfterFinished } = job.spec;
  if (ttlSecondsAfterFinished === undefined) return;
  const rest = (finishedAt(job) ?? 0) + ttlSecondsAfterFinished * 1000 - clock.now();
  if (rest > 0) queue.addAfter(keyOf(job), rest);
  else
    cluster.delete(types.jobs, job.metadata.namespace, job.metadata.name, {
      propagationPolicy: 'Background',
    });
}

/** One look at one unfinished Job. */
class JobRun {
  readonly #context: ControllerContext;
  readonly #queue: WorkQueue;
  readonly #job: Job;
  readonly #pods: Pod[];
  readonly #succeeded: number;
  readonly #failed: number;

  constructor(context: ControllerContext, queue: WorkQueue, job: Job, pods: Pod[]) {
    this.#context = context;
    this.#queue = queue;
    this.#job = job;
    this.#pods = pods;
    // Counts never go back, also when somebody deletes a finished pod.
    const ended = (phase: string) => pods.filter((pod) => pod.status?.phase === phase).length;
    this.#succeeded = Math.max(ended('Succeeded'), job.status?.succeeded ?? 0);
    this.#failed = Math.max(ended('Failed'), job.status?.failed ?? 0);
  }

  step(): void {
    const { spec } = this.#job;
    const active = this.#pods.filter(isActive);
    const failure = this.#failure(active);
    if (failure !== undefined) {
      this.#end(active, 'Failed', failure.reason, failure.message);
      return;
    }
    const started = active.length + this.#succeeded;
    const done =
      spec.completions === undefined
        ? this.#succeeded > 0 && active.length === 0
        : this.#succeeded >= spec.completions;
    if (done) {
      this.#end(active, 'Complete', 'CompletionsReached', 'Reached expected number of succeeded pods');
      return;
    }
    if (spec.suspend === true) {
      this.#remove(active);
      this.#write([], undefined);
      return;
    }
    const parallelism = spec.parallelism ?? 1;
    const room =
      spec.completions === undefined
        ? this.#succeeded > 0
          ? 0
          : parallelism - active.length
        : Math.min(parallelism - active.length, spec.completions - started);
    const created = this.#create(room);
    if (room < 0) this.#remove(active.slice(room));
    this.#write([...active.slice(0, room < 0 ? room : undefined), ...created], undefined);
  }

  #failure(active: readonly Pod[]): { reason: string; message: string } | undefined {
    const { backoffLimit = 6, activeDeadlineSeconds, template } = this.#job.spec;
    const retries =
      template.spec?.restartPolicy === 'OnFailure'
        ? active.reduce((sum, pod) => sum + restarts(pod), 0) + this.#failed
        : this.#failed;
    if (retries > backoffLimit) {
      return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
    }
    const start = Date.parse(this.#job.status?.startTime ?? '');
    if (activeDeadlineSeconds === undefined || Number.isNaN(start)) return undefined;
    const rest = start + activeDeadlineSeconds * 1000 - this.#context.clock.now();
    if (rest <= 0)
      return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
    this.#queue.addAfter(keyOf(this.#job), rest);
    return undefined;
  }

  #create(count: number): Pod[] {
    const { cluster, clock, events } = this.#context;
    const wait = this.#backoff() - clock.now();
    if (count > 0 && wait > 0) {
      this.#queue.addAfter(keyOf(this.#job), wait);
      return [];
    }
    const created: Pod[] = [];
    for (let i = 0; i < count; i += 1) {
      try {
        const pod = cluster.create(types.pods, podFromTemplate(this.#job.spec.template, this.#job));
        created.push(pod);
        events.record(
          COMPONENT,
          this.#job,
          'Normal',
          'SuccessfulCreate',
          `Created pod: ${pod.metadata.name}`,
        );
      } catch (error) {
        events.record(COMPONENT, this.#job, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
        throw error;
      }
    }
    return created;
  }

  /** When the next pod may start, after the last failure. */
  #backoff(): number {
    if (this.#failed === 0) return 0;
    const ends = this.#pods
      .filter((pod) => pod.status?.phase === 'Failed')
      .map((pod) =>
        Math.max(
          0,
          ...(pod.status?.containerStatuses ?? []).map(
            ({ state }) => Date.parse(state?.terminated?.finishedAt ?? '') || 0,
          ),
        ),
      );
    return Math.max(0, ...ends) + Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (this.#failed - 1));
  }

  #remove(pods: readonly Pod[]): void {
    const { cluster, events } = this.#context;
    for (const { metadata } of pods) {
      cluster.delete(types.pods, metadata.namespace, metadata.name);
      events.record(COMPONENT, this.#job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${metadata.name}`);
    }
  }

  #end(active: readonly Pod[], type: 'Complete' | 'Failed', reason: string, message: string): void {
    const { clock, events } = this.#context;
    this.#remove(active);
    const time = timestamp(clock.now());
    const condition = (name: string): JobCondition => ({
      type: name,
      status: 'True',
      reason,
      message,
      lastProbeTime: time,
      lastTransitionTime: time,
    });
    const before = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
    this.#write([], [condition(before), condition(type)], type === 'Complete' ? time : undefined);
    if (type === 'Complete') events.record(COMPONENT, this.#job, 'Normal', 'Completed', 'Job completed');
    else events.record(COMPONENT, this.#job, 'Warning', reason, message);
    this.#queue.add(keyOf(this.#job));
  }

  #write(active: readonly Pod[], end: JobCondition[] | undefined, completionTime?: string): void {
    const { cluster, clock } = this.#context;
    const job = this.#job;
    const suspended = job.spec.suspend === true;
    const startTime = suspended ? undefined : (job.status?.startTime ?? timestamp(clock.now()));
    const terminating = this.#pods.filter(
      (pod) =>
        pod.metadata.deletionTimestamp !== undefined &&
        pod.status?.phase !== 'Succeeded' &&
        pod.status?.phase !== 'Failed',
    ).length;
    const status: JobStatus = {
      ...(startTime === undefined ? {} : { startTime }),
      ...(completionTime === undefined ? {} : { completionTime }),
      ...(active.length > 0 ? { active: active.length } : {}),
      ...(this.#succeeded > 0 ? { succeeded: this.#succeeded } : {}),
      ...(this.#failed > 0 ? { failed: this.#failed } : {}),
      terminating,
      ready: active.filter(isReady).length,
      uncountedTerminatedPods: {},
      ...(end === undefined
        ? suspended
          ? {
              conditions: [
                {
                  type: 'Suspended',
                  status: 'True',
                  reason: 'JobSuspended',
                  message: 'Job suspended',
                  lastTransitionTime:
                    job.status?.conditions?.find(({ type }) => type === 'Suspended')?.lastTransitionTime ??
                    timestamp(clock.now()),
                },
              ],
            }
          : {}
        : { conditions: end }),
    };
    if (JSON.stringify(status) === JSON.stringify(job.status)) return;
    const { resourceVersion: _, ...metadata } = job.metadata;
    cluster.update<Job>(types.jobs, { ...job, metadata, status }, 'status');
    if (
      startTime !== undefined &&
      job.status?.startTime === undefined &&
      job.spec.activeDeadlineSeconds !== undefined
    ) {
      this.#queue.addAfter(keyOf(job), job.spec.activeDeadlineSeconds * 1000);
    }
  }
}
