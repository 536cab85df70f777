import { stringify } from 'yaml';
import type { KubeObject } from '../../clients/kubernetes.ts';
import type { ComponentSettings } from './component.ts';
import { resources, yamlText } from './exposed.ts';
import { imagePin } from './pins.ts';

const user = 1000;
const buildKitConfiguration = 'buildkitd';
/** What a container has said last stays readable in the status of its pod, which Jenkins deletes, its log included. */
const lastWords = 'FallbackToLogsOnError';

/**
 * The pod of a build: Node with the Jenkins agent in it, a rootless BuildKit beside it, and nothing that is root, privileged or
 * of the host. Every step runs in the container with Node, so a Jenkinsfile needs to know nothing of pods.
 */
export function agentPod(settings: ComponentSettings): KubeObject {
  const { host } = settings.endpoints.registry;
  const { podHost } = settings.registry;
  const agent = { name: 'agent', mountPath: '/usr/share/jenkins' };
  const socket = { name: 'buildkit-socket', mountPath: '/run/user/1000/buildkit' };
  const confined = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const copy = (name: string, image: string, script: string) => ({
    name,
    image,
    command: ['sh', '-c', script],
    terminationMessagePolicy: lastWords,
    securityContext: confined,
    resources: resources('10m', '32Mi', '128Mi'),
    volumeMounts: [{ ...agent, mountPath: '/copy' }],
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'agent', labels: { 'app.kubernetes.io/name': 'jenkins-agent' } },
    spec: {
      // A build has no business with the Kubernetes API: what it wants to change, it commits.
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        fsGroup: user,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      initContainers: [
        copy(
          'java',
          imagePin('jenkins-agent'),
          'cp -R /opt/java/openjdk /copy/java && cp /usr/share/jenkins/agent.jar /usr/local/bin/jenkins-agent /copy/',
        ),
        copy('buildctl', imagePin('buildkit'), 'cp /usr/bin/buildctl /copy/'),
      ],
      containers: [
        {
          // The name by which Jenkins knows the container of the agent; all steps run in it.
          name: 'jnlp',
          image: imagePin('node'),
          command: ['/usr/share/jenkins/jenkins-agent'],
          env: [
            { name: 'JAVA_HOME', value: '/usr/share/jenkins/java' },
            { name: 'JAVA_OPTS', value: '-XX:MaxRAMPercentage=25' },
            { name: 'BUILDKIT_HOST', value: `unix://${socket.mountPath}/buildkitd.sock` },
          ],
          terminationMessagePolicy: lastWords,
          securityContext: confined,
          resources: resources('100m', '384Mi', '1Gi'),
          volumeMounts: [
            agent,
            { ...agent, mountPath: '/usr/local/bin/buildctl', subPath: 'buildctl', readOnly: true },
            socket,
          ],
        },
        buildKit(socket),
        ...(host === podHost ? [] : [registryForwarder(host, podHost, confined)]),
      ],
      volumes: [
        { name: 'agent', emptyDir: {} },
        { name: 'buildkit-socket', emptyDir: {} },
        { name: 'buildkit-state', emptyDir: {} },
        { name: 'buildkit-configuration', configMap: { name: buildKitConfiguration } },
      ],
    },
  };
}

/**
 * BuildKit without root, after its documentation of rootless mode: it makes user namespaces, for which the default profiles of
 * seccomp and AppArmor leave no room, and maps users by setuid programs, for which privilege escalation has to stay allowed.
 * On a node that leaves no room for user namespaces either, it says why in a file beside its socket, and the pod is of use without
 * it: a container that ends would take the whole pod with it.
 */
function buildKit(socket: { readonly name: string; readonly mountPath: string }) {
  const address = `unix://${socket.mountPath}/buildkitd.sock`;
  const unavailable = `${socket.mountPath}/unavailable`;
  // The first process of a container gets no signal that it does not ask for.
  const script = `if why=$(rootlesskit true 2>&1); then exec rootlesskit buildkitd "$@"; fi
echo "$why" | tee ${unavailable}
trap exit TERM
tail -f /dev/null & wait`;
  return {
    name: 'buildkit',
    image: imagePin('buildkit'),
    command: ['sh', '-c', script, 'buildkit'],
    args: ['--addr', address, '--oci-worker-no-process-sandbox'],
    securityContext: {
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: 'Unconfined' },
      appArmorProfile: { type: 'Unconfined' },
    },
    readinessProbe: {
      exec: { command: ['sh', '-c', `test -e ${unavailable} || buildctl --addr ${address} debug workers`] },
      periodSeconds: 2,
    },
    terminationMessagePolicy: lastWords,
    resources: resources('100m', '128Mi', '1Gi'),
    volumeMounts: [
      socket,
      { name: 'buildkit-state', mountPath: '/home/user/.local/share/buildkit' },
      { name: 'buildkit-configuration', mountPath: '/home/user/.config/buildkit' },
    ],
  };
}

/** Image references name the registry as the laptop and the nodes see it; this makes that address true in the pod of a build, too. */
function registryForwarder(host: string, podHost: string, securityContext: object) {
  const [name = '', port = '5000'] = podHost.split(':');
  const listen = Number(host.split(':')[1] ?? '80');
  // The first process of a container gets no signal that it does not ask for: the pod would take half a minute to end.
  const script = `const net = require('node:net');
process.on('SIGTERM', () => process.exit());
net.createServer((client) => {
  const registry = net.connect(${port}, ${JSON.stringify(name)});
  const end = () => { client.destroy(); registry.destroy(); };
  client.on('error', end).pipe(registry).on('error', end).pipe(client);
}).listen(${listen}, '127.0.0.1');`;
  return {
    name: 'registry',
    image: imagePin('node'),
    command: ['node', '-e', script],
    terminationMessagePolicy: lastWords,
    securityContext,
    resources: resources('10m', '32Mi', '96Mi'),
  };
}

/** BuildKit's own configuration: the registry speaks plain HTTP, and base images are looked for there first. */
export function buildKitConfigMap({ endpoints }: ComponentSettings): KubeObject {
  const { host } = endpoints.registry;
  const toml = `[registry."docker.io"]
  mirrors = ["${host}"]

[registry."${host}"]
  http = true
  insecure = true
`;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: buildKitConfiguration },
    data: { 'buildkitd.toml': toml },
  };
}

/** The pod as a template of the plugin "kubernetes", in the notation of its configuration as code. */
export function podTemplate(settings: ComponentSettings): string {
  const template = {
    name: 'node',
    label: 'node',
    nodeUsageMode: 'NORMAL',
    podRetention: 'Never',
    showRawYaml: false,
    // A pod stays for the next build: starting one costs more than most builds take.
    idleMinutes: 10,
    slaveConnectTimeoutStr: '300',
    yamlMergeStrategy: 'override',
    yaml: stringify(agentPod(settings), yamlText),
  };
  return stringify([template], yamlText);
}
