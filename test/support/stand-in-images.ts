import { readFileSync } from 'node:fs';
import { execaSync } from 'execa';
import type Docker from 'dockerode';
import { packTar, type TarSource } from 'modern-tar/fs';

/**
 * Images that stand in for those of k3d where none can be pulled. They are made of Debian's static busybox and say what
 * k3d waits for, so that the real k3d and a real Docker engine can be seen at work; no Kubernetes runs in them.
 */

const BUSYBOX = '/usr/bin/busybox';
const applets = [
  'sleep',
  'date',
  'touch',
  'cat',
  'mkdir',
  'kill',
  'hostname',
  'grep',
  'sed',
  'wc',
  'ls',
  'rm',
  'cp',
];

/** A kubeconfig as k3s writes it. */
const KUBECONFIG = `apiVersion: v1
kind: Config
clusters:
- name: default
  cluster:
    server: https://127.0.0.1:6443
    certificate-authority-data: Q0E=
contexts:
- name: default
  context: { cluster: default, user: default }
current-context: default
users:
- name: default
  user: { client-certificate-data: Q0VSVA==, client-key-data: S0VZ }
`;

const k3s = `#!/bin/sh
mkdir -p /output /etc/rancher/k3s /var/lib/rancher/k3s/server/manifests
cat /coredns.yaml > /var/lib/rancher/k3s/server/manifests/coredns.yaml
cat /kubeconfig.yaml > /output/kubeconfig.yaml
cat /kubeconfig.yaml > /etc/rancher/k3s/k3s.yaml
echo "stand-in started with: $*"
echo "Containerd is now running"
echo "Running kube-apiserver"
echo "k3s is up and running"
echo "Cluster dns configmap has been set successfully"
trap 'exit 0' TERM INT
while :; do sleep 1; done
`;

/** The object in which k3d writes down the names of containers, as k3s ships it. */
const COREDNS = `apiVersion: v1
kind: ConfigMap
metadata:
  name: coredns
  namespace: kube-system
data:
  Corefile: |
    .:53 { errors }
  NodeHosts: ""
`;

const loadBalancer = `#!/bin/sh
echo "start worker processes"
trap 'exit 0' TERM INT
while :; do sleep 1; done
`;

const sleeper = `#!/bin/sh
trap 'exit 0' TERM INT
while :; do sleep 1; done
`;

/** Whether stand-ins can be made here. */
export function standInsPossible(): boolean {
  return !execaSync(BUSYBOX, ['true'], { reject: false }).failed;
}

function base(): TarSource[] {
  return [
    { type: 'file', source: BUSYBOX, target: 'bin/busybox', mode: 0o755 },
    // Not busybox' own shell, which prefers its applets to the programs on the PATH.
    ...program('/bin/bash', 'bin/sh'),
    ...applets.map((name): TarSource => script(`bin/${name}`, `#!/bin/sh\nexec /bin/busybox ${name} "$@"\n`)),
    { type: 'content', target: 'etc/hosts', content: '' },
    { type: 'content', target: 'tmp/.keep', content: '' },
    { type: 'content', target: 'var/log/.keep', content: '' },
  ];
}

/** Docker refuses archives with two entries of one path; the later one counts. */
function unique(files: readonly TarSource[]): TarSource[] {
  return [...new Map(files.map((file) => [file.target, file])).values()];
}

function script(target: string, content: string): TarSource {
  return { type: 'content', target, content, mode: 0o755 };
}

/** A program of this machine with the libraries that it is linked with. */
function program(source: string, target: string): TarSource[] {
  const { stdout } = execaSync('ldd', [source]);
  const libraries = [...stdout.matchAll(/(\/\S+)/g)].map(([, path = '']) => path);
  return [
    { type: 'content', content: readFileSync(source), target, mode: 0o755 },
    ...libraries.map((path): TarSource => ({
      type: 'content',
      content: readFileSync(path),
      target: path.slice(1),
      mode: 0o755,
    })),
  ];
}

async function importImage(
  docker: Docker,
  reference: string,
  files: TarSource[],
  changes: string[],
): Promise<void> {
  const colon = reference.lastIndexOf(':');
  const stream = await docker.importImage(packTar(unique([...base(), ...files])), {
    fromSrc: '-',
    repo: reference.slice(0, colon),
    tag: reference.slice(colon + 1),
    changes,
  });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** What k3d takes for k3s, under the reference that a playground asks for. */
export const standInK3s = (docker: Docker, reference: string) =>
  importImage(
    docker,
    reference,
    [
      script('bin/k3s', k3s),
      script('bin/kubectl', '#!/bin/sh\nexit 0\n'),
      script('bin/crictl', '#!/bin/sh\necho "$@"\n'),
      // k3d changes the network and the mounts of its nodes before k3s starts.
      script('bin/iptables-save', '#!/bin/sh\nexit 0\n'),
      script('bin/iptables-restore', '#!/bin/sh\ncat >/dev/null\n'),
      script('bin/mount', '#!/bin/sh\nexit 0\n'),
      { type: 'content', target: 'kubeconfig.yaml', content: KUBECONFIG },
      { type: 'content', target: 'coredns.yaml', content: COREDNS },
    ],
    ['ENTRYPOINT ["/bin/k3s"]', 'ENV PATH=/bin'],
  );

export const standInLoadBalancer = (docker: Docker, reference: string) =>
  importImage(
    docker,
    reference,
    [script('bin/proxy', loadBalancer)],
    ['ENTRYPOINT ["/bin/proxy"]', 'ENV PATH=/bin'],
  );

export const standInTools = (docker: Docker, reference: string) =>
  importImage(
    docker,
    reference,
    [script('app/k3d-tools', sleeper)],
    ['ENTRYPOINT ["/app/k3d-tools"]', 'ENV PATH=/bin'],
  );

/** Debian's registry, a real one of an earlier version, with the libraries that it is linked with. */
export async function standInRegistry(docker: Docker, reference: string): Promise<void> {
  const config = `version: 0.1
log: { level: info }
storage:
  filesystem: { rootdirectory: /var/lib/registry }
  delete: { enabled: true }
http: { addr: ":5000" }
`;
  await importImage(
    docker,
    reference,
    [
      ...program('/usr/bin/docker-registry', 'bin/registry'),
      { type: 'content', target: 'etc/config.yml', content: config },
      { type: 'content', target: 'var/lib/registry/.keep', content: '' },
    ],
    ['ENTRYPOINT ["/bin/registry", "serve", "/etc/config.yml"]', 'ENV PATH=/bin'],
  );
}
