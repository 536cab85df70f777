/**
 * What this team has agreed on. A policy says why it is there and how to mend what it finds.
 * `check` gets one object that fits the schema of its kind and reports [path, message] pairs.
 * Change the list, push the library, and the next build of every application keeps to it.
 */
export const policies = [
  {
    name: 'image-is-pinned',
    reason: 'a tag like latest names another image tomorrow, and nobody can say what has run',
    mend: 'write a version (node:22-alpine) or a digest (@sha256:…)',
    *check(object, { app }) {
      for (const { container, path } of containersOf(object)) {
        const { image } = container;
        if (image === undefined || image === app) continue; // the pipeline writes the digest of what it builds
        const name = image.slice(image.lastIndexOf('/') + 1);
        if (name.includes('@')) continue;
        if (!name.includes(':')) yield [[...path, 'image'], `the image ${image} has no version`];
        else if (name.endsWith(':latest')) yield [[...path, 'image'], `the image ${image} can change at any time`];
      }
    },
  },
  {
    name: 'resources-are-bounded',
    reason: 'one greedy pod takes the memory of all others, and the scheduler plans with what it is told',
    mend: 'set resources.requests.cpu, resources.requests.memory and resources.limits.memory',
    *check(object) {
      for (const { container, path } of containersOf(object)) {
        const { requests = {}, limits = {} } = container.resources ?? {};
        const missing = [
          ...(requests.cpu === undefined ? ['requests.cpu'] : []),
          ...(requests.memory === undefined ? ['requests.memory'] : []),
          ...(limits.memory === undefined ? ['limits.memory'] : []),
        ];
        if (missing.length > 0) yield [[...path, 'resources'], `the container ${container.name} has no ${missing.join(', ')}`];
      }
    },
  },
  {
    name: 'no-privileges',
    reason: 'who breaks out of a privileged container owns the node',
    mend: 'take the setting away, or grant single capabilities',
    *check(object) {
      for (const { container, path } of containersOf(object)) {
        for (const setting of ['privileged', 'allowPrivilegeEscalation']) {
          if (container.securityContext?.[setting] === true) {
            yield [[...path, 'securityContext', setting], `the container ${container.name} sets ${setting}`];
          }
        }
      }
    },
  },
  {
    name: 'no-host-access',
    reason: 'the files, processes and network of a node belong to all of its pods',
    mend: 'use a volume of the cluster, a Service, or an Ingress',
    *check(object) {
      const pod = podOf(object);
      if (pod === undefined) return;
      for (const setting of ['hostNetwork', 'hostPID', 'hostIPC']) {
        if (pod.spec[setting] === true) yield [[...pod.path, setting], `${setting} opens the node`];
      }
      for (const [index, volume] of (pod.spec.volumes ?? []).entries()) {
        if (volume.hostPath) yield [[...pod.path, 'volumes', index, 'hostPath'], `the volume ${volume.name} is a folder of the node`];
      }
      for (const { container, path } of containersOf(object)) {
        for (const [index, port] of (container.ports ?? []).entries()) {
          if (port.hostPort) yield [[...path, 'ports', index, 'hostPort'], `hostPort ${port.hostPort} takes a port of the node`];
        }
      }
    },
  },
  {
    name: 'has-probes',
    reason: 'without probes a rollout cannot know whether the new version works',
    mend: 'give the container a readinessProbe and a livenessProbe',
    *check(object) {
      if (object.value.kind !== 'Deployment') return;
      for (const { container, path, init } of containersOf(object)) {
        if (init) continue;
        const missing = ['readinessProbe', 'livenessProbe'].filter((probe) => container[probe] === undefined);
        if (missing.length > 0) yield [path, `the container ${container.name} has no ${missing.join(' and no ')}`];
      }
    },
  },
  {
    name: 'no-fixed-namespace',
    reason: 'the Application decides the namespace, so the same manifest fits every stage',
    mend: 'remove metadata.namespace',
    *check({ value }) {
      const { namespace } = value.metadata ?? {};
      if (namespace !== undefined && !value.apiVersion.startsWith('argoproj.io/')) {
        yield [['metadata', 'namespace'], `the namespace ${namespace} is fixed here`];
      }
    },
  },
  {
    name: 'no-fixed-node-port',
    reason: 'a port of the nodes exists once in the whole cluster, and the next stage wants it too',
    mend: 'remove nodePort, the cluster chooses a free one',
    *check({ value }) {
      if (value.kind !== 'Service') return;
      for (const [index, port] of (value.spec?.ports ?? []).entries()) {
        if (port.nodePort) yield [['spec', 'ports', index, 'nodePort'], `the port ${port.nodePort} is fixed here`];
      }
    },
  },
  {
    name: 'no-secrets-in-git',
    reason: 'what is in Git is read by everybody who may read the repository, for ever',
    mend: 'let the cluster get the secret from a secret store, or seal it first',
    *check({ value }) {
      if (value.kind !== 'Secret') return;
      for (const field of ['data', 'stringData']) {
        if (Object.keys(value[field] ?? {}).length > 0) yield [[field], `the Secret ${value.metadata?.name} is readable here`];
      }
    },
  },
];

const podPaths = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

/** The pod specification in an object, and its path; undefined when there is none. */
export function podOf({ value }) {
  const path = podPaths[value.kind];
  const spec = path?.reduce((parent, step) => parent?.[step], value);
  return spec ? { spec, path } : undefined;
}

/** The containers of an object, `initContainers` included. */
export function containersOf(object) {
  const pod = podOf(object);
  if (pod === undefined) return [];
  return ['initContainers', 'containers'].flatMap((list) =>
    (pod.spec[list] ?? []).map((container, index) => ({
      container,
      path: [...pod.path, list, index],
      init: list === 'initContainers',
    })),
  );
}
