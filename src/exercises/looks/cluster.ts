import { z } from 'zod';
import { parseImageReference } from '../../clients/image-reference.ts';
import {
  deploymentType,
  isReady,
  podType,
  type Pod,
  type Workload,
} from '../../clients/kubernetes-objects.ts';
import { fieldPath, readField } from '../fields.ts';
import { text, type KindTable } from '../kinds.ts';
import type { Site } from '../site.ts';
import { asValue, type Look } from './look.ts';

/** One object of the cluster, as manifests name it. */
export const objectName = z.strictObject({
  apiVersion: text,
  kind: text,
  namespace: text.optional(),
  name: text,
});

export type ObjectName = z.output<typeof objectName>;

/** The object as arguments of kubectl. */
export function kubectlName({ kind, namespace, name }: ObjectName): string {
  return `${namespace === undefined ? '' : `-n ${namespace} `}${kind.toLowerCase()}/${name}`;
}

export function refOf({ apiVersion, kind, namespace, name }: ObjectName) {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** A field of a live object; without a field, its name. */
const object = objectName.extend({ field: fieldPath.optional() }).transform((look): Look => ({
  async ask({ playground }) {
    const found = await (await playground.cluster()).find(refOf(look));
    if (found === undefined || look.field === undefined) return found?.metadata.name;
    return asValue(readField(found, look.field.path));
  },
  where: () => `kubectl get ${kubectlName(look)} -o yaml`,
}));

/** How many pods there are, and of them only those that may get requests with `ready: true`. */
const pods = z
  .strictObject({ namespace: text, selector: text.optional(), ready: z.boolean().default(false) })
  .transform((look): Look => ({
    async ask({ playground }) {
      const cluster = await playground.cluster();
      const { items } = await cluster.list<Pod>(podType, {
        namespace: look.namespace,
        ...(look.selector === undefined ? {} : { labelSelector: look.selector }),
      });
      return items.filter(
        (pod) => pod.metadata.deletionTimestamp === undefined && (!look.ready || isReady(pod)),
      ).length;
    },
    where: () => `kubectl -n ${look.namespace} get pods`,
  }));

const deployment = z.strictObject({ namespace: text, name: text.optional() });

async function imageOf(
  { playground }: Site,
  { namespace, name = playground.config.application }: z.output<typeof deployment>,
): Promise<string | undefined> {
  const cluster = await playground.cluster();
  const found = await cluster.find<Workload>({ ...deploymentType, namespace, name });
  return found?.spec.template.spec.containers[0]?.image;
}

/** The image that a Deployment names, that of the application unless told. */
const image = deployment.transform((look): Look => ({
  ask: (site) => imageOf(site, look),
  where: () => `kubectl -n ${look.namespace} get deployments -o wide`,
}));

/** The digest under which the registry knows the image that a Deployment names; nothing when it has no such image. */
const registry = deployment.transform((look): Look => ({
  async ask(site) {
    const reference = await imageOf(site, look);
    if (reference === undefined) return undefined;
    const { repository, tag, digest } = parseImageReference(reference);
    return site.playground.registry.resolve(repository, digest ?? tag ?? 'latest');
  },
  where: ({ playground: { endpoints, config } }) =>
    `curl http://${endpoints.registry.host}/v2/${config.organization}/${look.name ?? config.application}/tags/list`,
}));

export const clusterLooks: KindTable<Look> = { object, pods, image, registry };
