import { generateIdentity, identityToRecipient } from 'age-encryption';
import type { KubeObject, KubernetesClient } from '../../clients/kubernetes.ts';
import { addons, addonsOf } from '../../config/addons.ts';
import { nameLabel } from '../../config/names.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import type { Playground } from '../playground.ts';

const { namespace } = addons.sops;
const keySecret = { apiVersion: 'v1', kind: 'Secret', namespace, name: 'age-key' } as const;

/** Whether what add-ons need and Git must not hold is there: so far that is the age key of SOPS. */
export async function areAddonsPrepared(playground: Playground): Promise<boolean> {
  if (!addonsOf(playground.config).includes('sops')) return true;
  return (await (await playground.cluster()).find(keySecret)) !== undefined;
}

/**
 * Makes the age key in the cluster; its recipient, which may be known, stands in the ConfigMap `age-recipient`. The namespace
 * gets the label by which `down` finds what the playground has made.
 * @throws PlaygroundError `namespace-taken` when somebody else has made the namespace.
 */
export async function prepareAddons(playground: Playground): Promise<void> {
  const cluster = await playground.cluster();
  const labels = { [nameLabel]: playground.config.name };
  await refuseOther(cluster, playground.config.name);
  const identity = await generateIdentity();
  const recipient = await identityToRecipient(identity);
  const named = (name: string) => ({ metadata: { name, namespace } });
  const objects: KubeObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    { apiVersion: 'v1', kind: 'ConfigMap', ...named('age-recipient'), data: { recipient } },
    // Last, because it says that all of it is there.
    {
      apiVersion: 'v1',
      kind: 'Secret',
      ...named(keySecret.name),
      stringData: { 'key.txt': identity },
    },
  ];
  for (const object of objects)
    await cluster.apply(object, { fieldManager: 'gitops-playground', force: true });
}

async function refuseOther(cluster: KubernetesClient, name: string): Promise<void> {
  const present = await cluster.find({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  if (present === undefined || present.metadata.labels?.[nameLabel] === name) return;
  throw new PlaygroundError({
    code: 'namespace-taken',
    message: `the cluster has a namespace "${namespace}" already, which this playground has not made`,
    hint: 'leave out the add-on sops, or remove that namespace',
  });
}
