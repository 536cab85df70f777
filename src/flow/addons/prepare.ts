import { generateIdentity, identityToRecipient } from 'age-encryption';
import type { KubeObject, KubernetesClient } from '../../clients/kubernetes.ts';
import { addons, addonsOf, type AddonName } from '../../config/addons.ts';
import { nameLabel } from '../../config/names.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import type { Playground } from '../playground.ts';

/** What an add-on needs in its namespace and Git must not hold. */
interface Preparation {
  /** Name of the Secret by which it is seen that all of it is there. */
  readonly secret: string;
  /** What the Secret says, and what everybody may know of it. */
  readonly make: (playground: Playground) => Promise<{
    readonly secret: Readonly<Record<string, string>>;
    readonly known?: { readonly name: string; readonly data: Readonly<Record<string, string>> };
  }>;
}

const preparations: Partial<Record<AddonName, Preparation>> = {
  // The age key; its recipient stands in the ConfigMap `age-recipient`.
  sops: {
    secret: 'age-key',
    make: async () => {
      const identity = await generateIdentity();
      const recipient = await identityToRecipient(identity);
      return { secret: { 'key.txt': identity }, known: { name: 'age-recipient', data: { recipient } } };
    },
  },
  // Grafana takes the person who has the playground for its administrator, too; left alone, its chart makes a new password each time.
  monitoring: {
    secret: 'grafana-admin',
    make: ({ endpoints: { git } }) =>
      Promise.resolve({ secret: { 'admin-user': git.username, 'admin-password': git.password } }),
  },
};

/** Whether what the add-ons need and Git must not hold is there. */
export async function areAddonsPrepared(playground: Playground): Promise<boolean> {
  return (await unprepared(playground)).length === 0;
}

/**
 * Makes what is missing of it. The namespaces get the label by which `down` finds what the playground has made.
 * @throws PlaygroundError `namespace-taken` when somebody else has made one of them.
 */
export async function prepareAddons(playground: Playground): Promise<void> {
  for (const [name, preparation] of await unprepared(playground))
    await prepare(playground, name, preparation);
}

async function unprepared(playground: Playground): Promise<(readonly [AddonName, Preparation])[]> {
  const missing: (readonly [AddonName, Preparation])[] = [];
  for (const name of addonsOf(playground.config)) {
    const preparation = preparations[name];
    if (preparation === undefined) continue;
    const { namespace } = addons[name];
    const ref = { apiVersion: 'v1', kind: 'Secret', namespace, name: preparation.secret };
    if ((await (await playground.cluster()).find(ref)) === undefined) missing.push([name, preparation]);
  }
  return missing;
}

async function prepare(playground: Playground, name: AddonName, preparation: Preparation): Promise<void> {
  const cluster = await playground.cluster();
  const { namespace } = addons[name];
  const labels = { [nameLabel]: playground.config.name };
  await refuseOther(cluster, name, playground.config.name);
  const { secret, known } = await preparation.make(playground);
  const objects: KubeObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    ...(known === undefined
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: known.name, namespace },
            data: known.data,
          },
        ]),
    // Last, because it says that all of it is there.
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: preparation.secret, namespace },
      stringData: secret,
    },
  ];
  for (const object of objects)
    await cluster.apply(object, { fieldManager: 'gitops-playground', force: true });
}

async function refuseOther(cluster: KubernetesClient, addon: AddonName, name: string): Promise<void> {
  const { namespace } = addons[addon];
  const present = await cluster.find({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  if (present === undefined || present.metadata.labels?.[nameLabel] === name) return;
  throw new PlaygroundError({
    code: 'namespace-taken',
    message: `the cluster has a namespace "${namespace}" already, which this playground has not made`,
    hint: `leave out the add-on ${addon}, or remove that namespace`,
  });
}
