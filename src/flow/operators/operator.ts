import type { HttpRequest } from '../../clients/http.ts';
import type { KubernetesClient, ObjectRef } from '../../clients/kubernetes.ts';
import type { Config } from '../../config/schema.ts';
import type { Application } from './application.ts';
import { argocd } from './argocd.ts';
import { flux } from './flux.ts';

/** What the flow wants of a GitOps operator. Its state is told in the words of Argo CD, whichever it is. */
export interface Operator {
  /** Where it runs and looks for what it should apply. */
  readonly namespace: string;
  /** The one object that is applied by hand; it brings everything else from Git. */
  readonly root: ObjectRef;
  /** All that it keeps equal to Git. */
  list(cluster: KubernetesClient): Promise<Application[]>;
  /** Lets it look at Git now, and not only after its interval; one that it has deleted meanwhile needs no look. */
  refresh(cluster: KubernetesClient, application: Application): Promise<void>;
  /** Which answers to `GET /healthz` say that it runs, beside a success. */
  readonly health: Pick<HttpRequest, 'accept'>;
  /** Path of the address that Git calls after a push. */
  webhookPath(secret: string): string;
}

export const operators: Readonly<Record<Config['operator'], Operator>> = { argocd, flux };
