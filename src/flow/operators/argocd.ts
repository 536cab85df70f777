import { patchMetadata } from '../../clients/kubernetes.ts';
import { argocdNamespace } from '../../config/names.ts';
import { rootApplication } from '../names.ts';
import { applicationType, type Application } from './application.ts';
import type { Operator } from './operator.ts';

/** Argo CD, and what is compatible with it: Applications tell everything themselves. */
export const argocd: Operator = {
  namespace: argocdNamespace,
  root: { ...applicationType, namespace: argocdNamespace, name: rootApplication },
  list: async (cluster) =>
    (await cluster.list<Application>(applicationType, { namespace: argocdNamespace })).items,
  refresh: (cluster, { metadata }) => {
    const application = { ...applicationType, namespace: argocdNamespace, name: metadata.name };
    const annotations = { 'argocd.argoproj.io/refresh': 'normal' };
    return patchMetadata(cluster, application, { annotations });
  },
  health: {},
  webhookPath: () => '/api/webhook',
};
