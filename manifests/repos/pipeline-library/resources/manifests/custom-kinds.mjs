/** Kinds that a cluster knows because something was installed in it: the ones of the GitOps operator. */
const text = { type: 'string' };
const texts = { type: 'array', items: text };
const flag = { type: 'boolean' };
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const map = (properties, required = []) => ({ type: 'object', properties, required });
const object = (spec) => ({
  ...map({ apiVersion: text, kind: text, metadata: { $ref: 'ObjectMeta' }, spec, status: open, operation: open }, ['metadata', 'spec']),
});

const source = { ...open, properties: { repoURL: text, path: text, targetRevision: text, directory: open }, required: ['repoURL'] };
const destination = map({ server: text, name: text, namespace: text });
const groupKinds = { type: 'array', items: map({ group: text, kind: text }, ['group', 'kind']) };

const application = map(
  {
    project: text,
    source,
    sources: { type: 'array', items: source },
    destination,
    syncPolicy: map({
      automated: map({ prune: flag, selfHeal: flag, allowEmpty: flag, enabled: flag }),
      syncOptions: texts,
      retry: open,
      managedNamespaceMetadata: open,
    }),
    ignoreDifferences: { type: 'array', items: open },
    info: { type: 'array', items: map({ name: text, value: text }) },
    revisionHistoryLimit: { type: 'integer' },
    sourceHydrator: open,
  },
  ['project', 'destination'],
);

const project = {
  ...open,
  properties: {
    description: text,
    sourceRepos: texts,
    destinations: { type: 'array', items: destination },
    clusterResourceWhitelist: groupKinds,
    clusterResourceBlacklist: groupKinds,
    namespaceResourceWhitelist: groupKinds,
    namespaceResourceBlacklist: groupKinds,
  },
};

/** The Kubernetes schema with these kinds, and with the kinds of the CustomResourceDefinitions among the objects. */
export function withCustomKinds({ kinds, definitions }, objects) {
  const all = { kinds: { ...kinds }, definitions: { ...definitions } };
  const add = (id, schema) => {
    all.kinds[id] = id.replaceAll('/', '.');
    all.definitions[all.kinds[id]] = schema;
  };
  all.definitions.ObjectMeta = { $ref: kinds['v1/ObjectMeta'] ?? 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };
  add('argoproj.io/v1alpha1/Application', object(application));
  add('argoproj.io/v1alpha1/AppProject', object(project));
  for (const { value } of objects) {
    if (value.kind !== 'CustomResourceDefinition' || !Array.isArray(value.spec?.versions)) continue;
    for (const version of value.spec.versions) {
      const id = `${value.spec.group}/${version?.name}/${value.spec.names?.kind}`;
      add(id, { ...open, properties: {} });
    }
  }
  return all;
}
