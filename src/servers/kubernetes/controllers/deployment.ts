import type { DeploymentStatus } from 'kubernetes-types/apps/v1';
import type { ControllerContext, Stop } from './controller.ts';
import { stopAll } from './controller.ts';
import {
  DESIRED_REPLICAS,
  hasTemplate,
  lastRevision,
  MAX_REPLICAS,
  REVISION,
  revisionOf,
  setAnnotations,
  TEMPLATE_HASH,
  templateHash,
} from './deployment-revisions.ts';
import { countStatus, isComplete, progressing, withProgress } from './deployment-status.ts';
import { keyOf, splitKey, types, type Deployment, type Pod, type ReplicaSet } from './objects.ts';
import { claim, controllerOf, controllerReference } from './ownership.ts';
import { isFinished } from './pod-state.ts';
import { limits, olderFirst, proportionalStep, rollingStep, type Plan } from './rolling-update.ts';
import { matchesSelector } from './selectors.ts';
import { WorkQueue } from './work-queue.ts';

const COMPONENT = 'deployment-controller';

/** Rolls the pods of each Deployment to its template, one ReplicaSet a template. */
export function startDeploymentController(context: ControllerContext): Stop {
  const { cluster, clock, log } = context;
  const queue = new WorkQueue({
    name: 'deployments',
    clock,
    log,
    reconcile: (key) => {
      const { namespace, name } = splitKey(key);
      const deployment = cluster.get<Deployment>(types.deployments, namespace, name);
      if (deployment !== undefined) new Rollout(context, queue, deployment).step();
    },
  });
  const stops = [
    cluster.subscribe<Deployment>(types.deployments, ({ object }) => {
      queue.add(keyOf(object));
    }),
    cluster.subscribe<ReplicaSet>(types.replicaSets, ({ object }) => {
      const { namespace = '' } = object.metadata;
      const owner = controllerOf(object);
      if (owner?.kind === 'Deployment') queue.add(`${namespace}/${owner.name}`);
      else if (owner === undefined) {
        for (const deployment of cluster.list<Deployment>(types.deployments, { namespace })) {
          if (matchesSelector(deployment.spec.selector, object.metadata.labels)) queue.add(keyOf(deployment));
        }
      }
    }),
    // A Deployment that is to be recreated waits for its last old pod to be gone.
    cluster.subscribe<Pod>(types.pods, ({ type, object }) => {
      if (type !== 'DELETED' && !isFinished(object)) return;
      const { namespace = '' } = object.metadata;
      const set = controllerOf(object);
      if (set?.kind !== 'ReplicaSet') return;
      const owner = cluster.get<ReplicaSet>(types.replicaSets, namespace, set.name);
      const deployment = owner && controllerOf(owner);
      if (deployment !== undefined) queue.add(`${namespace}/${deployment.name}`);
    }),
    () => {
      queue.stop();
    },
  ];
  return stopAll(stops);
}

/** One look at one Deployment. */
class Rollout {
  readonly #context: ControllerContext;
  readonly #queue: WorkQueue;
  #deployment: Deployment;
  #sets: ReplicaSet[];

  constructor(context: ControllerContext, queue: WorkQueue, deployment: Deployment) {
    this.#context = context;
    this.#queue = queue;
    this.#deployment = deployment;
    this.#sets = claim<ReplicaSet>(
      context.cluster,
      types.replicaSets,
      deployment,
      deployment.spec.selector,
    ).toSorted(olderFirst);
  }

  step(): void {
    const deployment = this.#deployment;
    if (deployment.metadata.deletionTimestamp !== undefined) {
      this.#finish(false);
      return;
    }
    this.#notePause();
    if (deployment.spec.paused === true || this.#isScaled()) {
      this.#newSet(false);
      // Every active set notes the new size, or it would count as scaled for ever.
      const active = this.#sets.filter((set) => (set.spec.replicas ?? 0) > 0);
      const same = active.map((set): [ReplicaSet, number] => [set, set.spec.replicas ?? 0]);
      this.#apply(new Map([...same, ...this.#scaleStep()]));
      this.#finish(deployment.spec.paused !== true);
      return;
    }
    if (deployment.spec.strategy?.type === 'Recreate') this.#recreate();
    else {
      const newSet = this.#newSet(true);
      if (newSet !== undefined) this.#apply(rollingStep(deployment, newSet, this.#oldSets(newSet)));
    }
    this.#finish(true);
  }

  get #current(): ReplicaSet | undefined {
    const template = this.#deployment.spec.template;
    return this.#sets.find((set) => hasTemplate(set, template));
  }

  #oldSets(newSet: ReplicaSet | undefined): ReplicaSet[] {
    return this.#sets.filter((set) => set.metadata.uid !== newSet?.metadata.uid);
  }

  /** The number of replicas was changed since the sets were last scaled (`deployment/sync.go`, isScalingEvent). */
  #isScaled(): boolean {
    const wanted = String(this.#deployment.spec.replicas ?? 1);
    return this.#sets.some((set) => {
      const noted = set.metadata.annotations?.[DESIRED_REPLICAS];
      return (set.spec.replicas ?? 0) > 0 && noted !== undefined && noted !== wanted;
    });
  }

  #scaleStep(): Plan {
    const deployment = this.#deployment;
    const wanted = deployment.spec.replicas ?? 1;
    const active = this.#sets.filter((set) => (set.spec.replicas ?? 0) > 0);
    const current = this.#current;
    const only =
      active.length === 1 ? active[0] : active.length === 0 ? (current ?? this.#sets.at(-1)) : undefined;
    if (only !== undefined) return new Map([[only, wanted]]);
    const settled =
      current !== undefined &&
      (current.status?.availableReplicas ?? 0) >= wanted &&
      current.spec.replicas === wanted;
    if (settled)
      return new Map(
        this.#oldSets(current)
          .filter((set) => active.includes(set))
          .map((set) => [set, 0]),
      );
    if (deployment.spec.strategy?.type === 'Recreate') return new Map();
    return proportionalStep(deployment, this.#sets);
  }

  #recreate(): void {
    const oldSets = this.#oldSets(this.#current);
    const running = oldSets.filter((set) => (set.spec.replicas ?? 0) > 0);
    if (running.length > 0) {
      this.#apply(new Map(running.map((set) => [set, 0])));
      return;
    }
    if (this.#hasPods(oldSets)) return;
    const newSet = this.#newSet(true);
    if (newSet !== undefined) this.#apply(new Map([[newSet, this.#deployment.spec.replicas ?? 1]]));
  }

  #hasPods(sets: readonly ReplicaSet[]): boolean {
    const uids = new Set(sets.map((set) => set.metadata.uid));
    return this.#context.cluster
      .list<Pod>(types.pods, { namespace: this.#deployment.metadata.namespace ?? '' })
      .some((pod) => uids.has(controllerOf(pod)?.uid) && !isFinished(pod));
  }

  /** The set of the current template, with the next revision; made when there is none and `create` says so. */
  #newSet(create: boolean): ReplicaSet | undefined {
    const { cluster } = this.#context;
    const deployment = this.#deployment;
    const existing = this.#current;
    const revision = lastRevision(this.#oldSets(existing)) + 1;
    if (existing !== undefined) {
      const annotations = setAnnotations(deployment, revision, existing.metadata.annotations);
      const { minReadySeconds } = deployment.spec;
      const set = this.#updateSet(existing, annotations, {
        ...existing.spec,
        ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      });
      this.#noteRevision(revisionOf(set));
      if (this.#condition('Progressing') === undefined) {
        const message = `Found new replica set "${set.metadata.name}"`;
        this.#setProgress('True', 'FoundNewReplicaSet', message);
      }
      return set;
    }
    if (!create) return undefined;
    const { template, selector, minReadySeconds } = deployment.spec;
    const hash = templateHash(template, deployment.status?.collisionCount ?? 0);
    const labels = { ...template.metadata?.labels, [TEMPLATE_HASH]: hash };
    const room =
      deployment.spec.strategy?.type === 'Recreate' ? (deployment.spec.replicas ?? 1) : this.#roomForNew();
    const made = cluster.create<ReplicaSet>(types.replicaSets, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: deployment.metadata.namespace ?? '',
        labels,
        annotations: { ...setAnnotations(deployment, revision), ...this.#sizeAnnotations() },
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas: room,
        ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH]: hash } },
        template: {
          ...structuredClone(template),
          metadata: { ...structuredClone(template.metadata), labels },
        },
      },
    });
    this.#sets = [...this.#sets, made];
    if (room > 0) this.#tellScaling(made, 0, room);
    this.#noteRevision(revision);
    this.#setProgress(
      'True',
      'NewReplicaSetCreated',
      `Created new replica set "${made.metadata.name}"`,
      true,
    );
    return made;
  }

  #roomForNew(): number {
    const wanted = this.#deployment.spec.replicas ?? 1;
    const total = this.#sets.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
    return Math.max(0, Math.min(wanted, wanted + limits(this.#deployment).maxSurge - total));
  }

  #sizeAnnotations(): Record<string, string> {
    const wanted = this.#deployment.spec.replicas ?? 1;
    return {
      [DESIRED_REPLICAS]: String(wanted),
      [MAX_REPLICAS]: String(wanted + limits(this.#deployment).maxSurge),
    };
  }

  #apply(plan: Plan): void {
    for (const [planned, replicas] of plan) {
      const set = this.#sets.find(({ metadata }) => metadata.uid === planned.metadata.uid) ?? planned;
      const before = set.spec.replicas ?? 0;
      const annotations = { ...set.metadata.annotations, ...this.#sizeAnnotations() };
      this.#updateSet(set, annotations, { ...set.spec, replicas });
      if (before !== replicas) this.#tellScaling(set, before, replicas);
    }
  }

  #tellScaling({ metadata }: ReplicaSet, from: number, to: number): void {
    const direction = to > from ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${metadata.name} from ${from} to ${to}`;
    this.#context.events.record(COMPONENT, this.#deployment, 'Normal', 'ScalingReplicaSet', message);
  }

  #updateSet(set: ReplicaSet, annotations: Record<string, string>, spec: ReplicaSet['spec']): ReplicaSet {
    const updated = this.#context.cluster.update<ReplicaSet>(types.replicaSets, {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec,
    });
    this.#sets = this.#sets.map((other) => (other.metadata.uid === set.metadata.uid ? updated : other));
    return updated;
  }

  #noteRevision(revision: number): void {
    const { metadata } = this.#deployment;
    if (metadata.annotations?.[REVISION] === String(revision)) return;
    this.#deployment = this.#context.cluster.update<Deployment>(types.deployments, {
      ...this.#deployment,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [REVISION]: String(revision) } },
    });
  }

  /** Pausing stops the progress deadline, resuming starts it anew. */
  #notePause(): void {
    const paused = this.#deployment.spec.paused === true;
    const reason = this.#condition('Progressing')?.reason;
    if (paused && reason !== 'DeploymentPaused') {
      this.#setProgress('Unknown', 'DeploymentPaused', 'Deployment is paused');
    } else if (!paused && reason === 'DeploymentPaused') {
      this.#setProgress('Unknown', 'DeploymentResumed', 'Deployment is resumed', true);
    }
  }

  #condition(type: string) {
    return this.#deployment.status?.conditions?.find((condition) => condition.type === type);
  }

  #setProgress(value: 'True' | 'Unknown', reason: string, message: string, touch = false): void {
    if (this.#deployment.spec.progressDeadlineSeconds === undefined) return;
    const now = this.#context.clock.now();
    this.#writeStatus(progressing(this.#deployment.status ?? {}, value, reason, message, now, touch));
  }

  #writeStatus(status: DeploymentStatus): void {
    if (JSON.stringify(status) === JSON.stringify(this.#deployment.status)) return;
    this.#deployment = this.#context.cluster.update<Deployment>(
      types.deployments,
      { ...this.#deployment, status },
      'status',
    );
  }

  #finish(rollingOut: boolean): void {
    const now = this.#context.clock.now();
    const current = this.#current;
    const counted = countStatus(this.#deployment, this.#sets, current, now);
    if (!rollingOut) {
      this.#writeStatus(counted);
      return;
    }
    const { status, checkAfter } = withProgress(this.#deployment, counted, current, now);
    this.#writeStatus(status);
    if (checkAfter !== undefined) this.#queue.addAfter(keyOf(this.#deployment), checkAfter);
    if (isComplete(this.#deployment, status)) this.#forgetOldSets(current);
  }

  #forgetOldSets(current: ReplicaSet | undefined): void {
    const limit = this.#deployment.spec.revisionHistoryLimit ?? 10;
    const idle = this.#oldSets(current).filter(
      (set) =>
        (set.spec.replicas ?? 0) === 0 &&
        (set.status?.replicas ?? 0) === 0 &&
        set.metadata.deletionTimestamp === undefined,
    );
    const surplus = idle
      .toSorted((a, b) => revisionOf(a) - revisionOf(b))
      .slice(0, Math.max(0, idle.length - limit));
    for (const { metadata } of surplus) {
      this.#context.cluster.delete(types.replicaSets, metadata.namespace, metadata.name);
    }
  }
}
