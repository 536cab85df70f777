import type { KubeObject } from '../../../../src/clients/kubernetes.ts';

/**
 * Definitions of Flux' kinds with the fields that the flow writes and reads, strict in what they do not know: names and types
 * after the custom resource definitions of Flux 2.8 (source v1, kustomize v1, notification v1).
 */
const text = { type: 'string' };
const condition = {
  type: 'object',
  required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  properties: {
    ...{ type: text, reason: text, message: text },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    lastTransitionTime: { type: 'string', format: 'date-time' },
  },
};
const conditions = { type: 'array', items: condition };
const duration = { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$' };
const reference = {
  type: 'object',
  required: ['name'],
  properties: { apiVersion: text, kind: text, name: text, namespace: text },
};
const object = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
});

const kinds = {
  GitRepository: {
    group: 'source.toolkit.fluxcd.io',
    plural: 'gitrepositories',
    spec: object({ url: text, ref: object({ branch: text }), secretRef: reference, interval: duration }, [
      'url',
      'interval',
    ]),
    status: object({ conditions, artifact: object({ revision: text }) }),
  },
  Kustomization: {
    group: 'kustomize.toolkit.fluxcd.io',
    plural: 'kustomizations',
    spec: object(
      {
        ...{ path: text, targetNamespace: text, prune: { type: 'boolean' }, wait: { type: 'boolean' } },
        ...{ interval: duration, retryInterval: duration, timeout: duration, sourceRef: reference },
      },
      ['interval', 'prune', 'sourceRef'],
    ),
    status: object({
      conditions,
      ...{ lastAppliedRevision: text, lastAttemptedRevision: text },
      inventory: object({ entries: { type: 'array', items: object({ id: text, v: text }, ['id', 'v']) } }),
      history: {
        type: 'array',
        items: object({
          ...{ digest: text, firstReconciled: text, lastReconciled: text, lastReconciledStatus: text },
          metadata: { type: 'object', additionalProperties: text },
        }),
      },
    }),
  },
  Receiver: {
    group: 'notification.toolkit.fluxcd.io',
    plural: 'receivers',
    spec: object(
      {
        type: { type: 'string', enum: ['generic', 'generic-hmac', 'github', 'gitlab'] },
        ...{ secretRef: reference, resources: { type: 'array', items: reference } },
      },
      ['type', 'resources'],
    ),
    status: object({ conditions }),
  },
} as const;

export function fluxDefinitions(): KubeObject[] {
  return Object.entries(kinds).map(([kind, { group, plural, spec, status }]) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      ...{ group, scope: 'Namespaced', names: { plural, kind } },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
        },
      ],
    },
  }));
}
