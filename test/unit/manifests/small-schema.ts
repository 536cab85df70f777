/** The part of the Kubernetes schema that these tests use, in the shape of `kubernetes-schema.json`. */
const text = { type: 'string' };
const integer = { type: 'integer', format: 'int32' };
const flag = { type: 'boolean' };
const ref = (name: string) => ({ $ref: `#/definitions/${name}` });
const list = (items: object) => ({ type: 'array', items });
const map = (values: object) => ({ type: 'object', additionalProperties: values });
const object = (properties: object, required: string[] = []) => ({ type: 'object', properties, required });
const kind = (more: object) =>
  object({ apiVersion: text, kind: text, metadata: ref('io.k8s.ObjectMeta'), ...more });

const port = ref('io.k8s.util.IntOrString');
const probe = object({
  httpGet: object({ path: text, port }, ['port']),
  periodSeconds: integer,
  failureThreshold: integer,
});
const container = object(
  {
    name: text,
    image: text,
    ports: list(object({ name: text, containerPort: integer, hostPort: integer }, ['containerPort'])),
    env: list(object({ name: text, value: text, valueFrom: { type: 'object' } }, ['name'])),
    envFrom: list(object({ configMapRef: object({ name: text, optional: flag }) })),
    readinessProbe: probe,
    livenessProbe: probe,
    resources: object({
      requests: map(ref('io.k8s.resource.Quantity')),
      limits: map(ref('io.k8s.resource.Quantity')),
    }),
    securityContext: { type: 'object' },
  },
  ['name'],
);
const podSpec = object(
  {
    containers: list(container),
    initContainers: list(container),
    volumes: list(object({ name: text, hostPath: object({ path: text }), configMap: object({ name: text }) })),
    securityContext: { type: 'object' },
    automountServiceAccountToken: flag,
    terminationGracePeriodSeconds: integer,
    hostNetwork: flag,
  },
  ['containers'],
);

export const smallSchema = {
  kinds: {
    'apps/v1/Deployment': 'io.k8s.Deployment',
    'v1/Pod': 'io.k8s.Pod',
    'v1/ConfigMap': 'io.k8s.ConfigMap',
    'v1/Secret': 'io.k8s.Secret',
    'v1/Service': 'io.k8s.Service',
    'networking.k8s.io/v1/Ingress': 'io.k8s.Ingress',
    'apiextensions.k8s.io/v1/CustomResourceDefinition': 'io.k8s.CustomResourceDefinition',
  },
  definitions: {
    'io.k8s.resource.Quantity': text,
    'io.k8s.util.IntOrString': text,
    'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': ref('io.k8s.ObjectMeta'),
    'io.k8s.ObjectMeta': object({
      name: text,
      namespace: text,
      labels: map(text),
      annotations: map(text),
      finalizers: list(text),
    }),
    'io.k8s.Deployment': kind({
      spec: object(
        {
          replicas: integer,
          selector: object({ matchLabels: map(text) }),
          template: object({ metadata: ref('io.k8s.ObjectMeta'), spec: podSpec }),
        },
        ['selector', 'template'],
      ),
    }),
    'io.k8s.Pod': kind({ spec: podSpec }),
    'io.k8s.ConfigMap': kind({ data: map(text), immutable: flag }),
    'io.k8s.Secret': kind({ data: map(text), stringData: map(text), type: text }),
    'io.k8s.Service': kind({
      spec: object({
        type: text,
        selector: map(text),
        ports: list(object({ name: text, port: integer, targetPort: port, nodePort: integer }, ['port'])),
      }),
    }),
    'io.k8s.Ingress': kind({ spec: object({ rules: list({ type: 'object' }) }) }),
    'io.k8s.CustomResourceDefinition': kind({ spec: { type: 'object' } }),
  },
};
