import { coerce, satisfies } from 'semver';
import {
  connectKubernetes,
  listIfServed,
  type KubeObject,
  type KubernetesClient,
} from '../../clients/kubernetes.ts';
import { addons, addonsOf, type Addon } from '../../config/addons.ts';
import { neededMemory } from '../../config/profiles.ts';
import { configSchema, type Config } from '../../config/schema.ts';
import { messageOf } from '../../lib/errors.ts';
import { newAddons, readClusterState } from '../components/state.ts';
import type { Finding } from '../engine.ts';

/** What the charts ask of a cluster. */
const VERSION_RANGE = '>=1.28.0';
const MEBIBYTE = 1024 * 1024;

/** What an installation has to be allowed: it makes namespaces, kinds and roles of the whole cluster. */
const needed = [
  { group: '', resource: 'namespaces', verb: 'create' },
  { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', verb: 'create' },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterroles', verb: 'create' },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings', verb: 'create' },
] as const;

/** Looks at the cluster of a configuration's context; changes nothing. */
export async function judgeCluster(config: Config = configSchema.parse({})): Promise<Finding[]> {
  const { context } = config;
  try {
    const cluster = await connectKubernetes(context === undefined ? {} : { context });
    const { gitVersion } = await cluster.version();
    const nodes = listNodes(cluster);
    return [
      judgeVersion(gitVersion, cluster.server),
      ...(await Promise.all([
        told('Rights', judgeRights(cluster)),
        told('Nodes', judgeNodes(nodes, config)),
        told('Storage', judgeStorage(cluster, nodes)),
        told('Ingress', judgeIngress(cluster)),
        ...(addonsOf(config).length === 0 ? [] : [told('Add-ons', judgeAddons(cluster, config))]),
      ])),
    ];
  } catch (error) {
    return [
      {
        title: 'Cluster',
        level: 'fail',
        detail: messageOf(error),
        mend: 'start the cluster, or choose one that answers: --context NAME, of `kubectl config get-contexts`',
      },
    ];
  }
}

/** A question that the cluster does not answer is a finding, too. */
async function told(title: string, finding: Promise<Finding>): Promise<Finding> {
  return finding.catch((error: unknown): Finding => ({
    title,
    level: 'fail',
    detail: `the cluster does not tell: ${messageOf(error)}`,
    mend: 'use a context whose user is an administrator of a complete cluster',
  }));
}

function judgeVersion(version: string, server: string): Finding {
  const detail = `Kubernetes ${version} at ${server}`;
  if (satisfies(coerce(version)?.version ?? '0.0.0', VERSION_RANGE))
    return { title: 'Cluster', level: 'ok', detail };
  return {
    title: 'Cluster',
    level: 'fail',
    detail: `${detail} is too old`,
    mend: 'use Kubernetes 1.28 or newer',
  };
}

async function judgeRights(cluster: KubernetesClient): Promise<Finding> {
  const title = 'Rights';
  const refused: string[] = [];
  for (const resourceAttributes of needed) {
    const review = await cluster.create<KubeObject & { status?: { allowed?: boolean } }>({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      metadata: { name: '' },
      spec: { resourceAttributes },
    });
    if (review.status?.allowed !== true)
      refused.push(`${resourceAttributes.verb} ${resourceAttributes.resource}`);
  }
  if (refused.length === 0) return { title, level: 'ok', detail: 'this user may install what is needed' };
  return {
    title,
    level: 'fail',
    detail: `this user may not ${refused.join(', ')}`,
    mend: 'use a context whose user is an administrator of the cluster',
  };
}

interface Node extends KubeObject {
  readonly status?: { readonly allocatable?: { readonly memory?: string } };
}

async function listNodes(cluster: KubernetesClient): Promise<readonly Node[]> {
  return (await cluster.list<Node>({ apiVersion: 'v1', kind: 'Node' })).items;
}

/** On nodes that a virtual cluster makes up, as it is not allowed to see those of its host; what they tell of themselves is made up, too. */
const FAKE_NODE = 'vcluster.loft.sh/fake-node';

/** Whether these are no nodes of a cluster's own. */
function areVirtual(nodes: readonly Node[]): boolean {
  return nodes.length > 0 && nodes.every(({ metadata }) => metadata.labels?.[FAKE_NODE] === 'true');
}

async function judgeNodes(listed: Promise<readonly Node[]>, config: Config): Promise<Finding> {
  const title = 'Nodes';
  const nodes = await listed;
  if (areVirtual(nodes))
    return {
      title,
      level: 'ok',
      detail: 'those of the host of this virtual cluster, which does not show what they have',
    };
  const memory = nodes.reduce((sum, { status }) => sum + mebibytes(status?.allocatable?.memory ?? '0'), 0);
  const detail = `${nodes.length} with ${memory} MiB of memory for pods`;
  const needed = neededMemory(config, 'kubernetes');
  if (memory >= needed.mebibytes) return { title, level: 'ok', detail };
  const measured = needed.measured ? '' : ', reckoned from what pods ask for, not measured';
  return {
    title,
    level: 'warn',
    detail: `${detail}; this profile with its add-ons wants ${needed.mebibytes} MiB${measured}, beside what runs there already`,
    mend: 'add a node, or take fewer add-ons or a smaller profile',
  };
}

/** A quantity of memory as nodes write it (`16309288Ki`), in MiB. */
function mebibytes(quantity: string): number {
  const [, number = '0', unit = ''] = /^(\d+)(Ki|Mi|Gi)?$/.exec(quantity) ?? [];
  const bytes = { Ki: 1024, Mi: MEBIBYTE, Gi: 1024 * MEBIBYTE, '': 1 }[unit] ?? 1;
  return Math.round((Number(number) * bytes) / MEBIBYTE);
}

async function judgeStorage(cluster: KubernetesClient, listed: Promise<readonly Node[]>): Promise<Finding> {
  const title = 'Storage';
  const classes = await listIfServed(cluster, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' });
  const standard = classes.find(
    ({ metadata }) => metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
  );
  if (standard !== undefined) {
    return { title, level: 'ok', detail: `volumes come from the class ${standard.metadata.name}` };
  }
  if (areVirtual(await listed)) {
    return {
      title,
      level: 'warn',
      detail:
        'this virtual cluster shows no default StorageClass: volumes come from the one that its host has',
      mend: "where volumes wait for ever, let it show those of its host: `sync.fromHost.storageClasses.enabled: true` in vcluster's configuration",
    };
  }
  return {
    title,
    level: 'fail',
    detail: 'the cluster has no default StorageClass, so volumes of the parts would wait for ever',
    mend: 'mark one as the default: kubectl annotate storageclass NAME storageclass.kubernetes.io/is-default-class=true',
  };
}

/** An add-on that somebody else has installed already would be taken over, and taken away by `down`. */
async function judgeAddons(cluster: KubernetesClient, config: Config): Promise<Finding> {
  const title = 'Add-ons';
  const wanted = addonsOf(config);
  const coming = newAddons(config, await readClusterState(config.name));
  const groups = new Set((await cluster.resources()).map(({ group }) => group));
  const isThere = ({ group }: Addon) => group !== undefined && groups.has(group);
  const there = coming.filter((name) => isThere(addons[name]));
  if (there.length === 0)
    return { title, level: 'ok', detail: `there is room in the cluster for ${wanted.join(', ')}` };
  const rest = wanted.filter((name) => !there.includes(name));
  return {
    title,
    level: 'fail',
    detail: `${there.join(', ')}: the cluster has this already, and it cannot have it twice`,
    mend: `leave it out, and use the one that is there: ${rest.length === 0 ? 'no --with' : `--with ${rest.join(',')}`}`,
  };
}

/** Without a controller the loop works as well; only names need one. */
async function judgeIngress(cluster: KubernetesClient): Promise<Finding> {
  const title = 'Ingress';
  const classes = await listIfServed(cluster, { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass' });
  const names = classes.map(({ metadata }) => metadata.name);
  if (names.length > 0) return { title, level: 'ok', detail: `is served by ${names.join(', ')}` };
  return {
    title,
    level: 'warn',
    detail: 'the cluster has no ingress controller: stages answer at addresses with a port, and not by name',
    mend: 'use the addresses with a port, or install Traefik or ingress-nginx',
  };
}
