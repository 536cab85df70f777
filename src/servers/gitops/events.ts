import { randomBytes } from 'node:crypto';
import type { Application } from '../../clients/argocd-types.ts';
import type { ClusterAccess } from './cluster.ts';
import { timestamp } from './sync/operation.ts';

export type EventReason = 'OperationStarted' | 'OperationCompleted' | 'ResourceUpdated';

/** Writes Kubernetes events about Applications, beside the work and never in its way. */
export class EventRecorder {
  readonly #cluster: ClusterAccess;

  constructor(cluster: ClusterAccess) {
    this.#cluster = cluster;
  }

  record(
    app: Application,
    reason: EventReason,
    message: string,
    type: 'Normal' | 'Warning' = 'Normal',
  ): void {
    void this.#write(app, reason, message, type).catch(() => undefined);
  }

  async #write(app: Application, reason: EventReason, message: string, type: string): Promise<void> {
    const kind = await this.#cluster.kind('v1', 'Event');
    if (kind === undefined) return;
    const { name, namespace = '', uid, resourceVersion } = app.metadata;
    const now = timestamp();
    await this.#cluster.create(kind, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
      involvedObject: {
        apiVersion: app.apiVersion,
        kind: app.kind,
        name,
        namespace,
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      type,
      reason,
      message: message.slice(0, 1024),
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component: 'argocd-application-controller' },
    });
  }
}
