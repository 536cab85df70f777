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
  refresh: async (cluster, { metadata }) => {
    const annotations = { 'argocd.argoproj.io/refresh': 'normal' };
    const application = { ...applicationType, namespace: argocdNamespace, name: metadata.name };
    await cluster.patch(application, 'merge', { metadata: { annotations } });
  },
  health: {},
  webhookPath: () => '/api/webhook',
};
