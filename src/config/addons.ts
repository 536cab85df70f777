import type { addonNames, Config } from './schema.ts';

export type AddonName = (typeof addonNames)[number];

/** What is installed beside the loop when somebody asks for it. Memory is what its pods ask for together, in MiB. */
export interface Addon {
  readonly title: string;
  /** What a person has then, in one sentence. */
  readonly gives: string;
  readonly namespace: string;
  /** Keys of its charts, in the order in which they are sources of its Application. */
  readonly charts: readonly string[];
  /** Group of the kinds by which it is known in a cluster: there is room for one of it alone. */
  readonly group?: string;
  /** Add-ons that come along, because it cannot work without them. */
  readonly needs: readonly AddonName[];
  /** Not measured: nobody has seen these run together on a laptop yet. */
  readonly memory: { readonly mebibytes: number; readonly measured: boolean };
  /** Whose cluster brings the chart already; elsewhere it is installed. */
  readonly builtInto?: 'k3d';
}

const unmeasured = (mebibytes: number) => ({ mebibytes, measured: false }) as const;

/** Every add-on. Engines that run images can run each of them; the embedded engine runs none. */
export const addons: Readonly<Record<AddonName, Addon>> = {
  'sealed-secrets': {
    title: 'Sealed Secrets',
    gives: 'secrets in Git that only this cluster can open; `kubeseal` finds the controller by itself',
    namespace: 'kube-system',
    charts: ['sealed-secrets'],
    group: 'bitnami.com',
    needs: [],
    memory: unmeasured(64),
  },
  'external-secrets': {
    title: 'External Secrets with Vault',
    gives: 'a Secret that follows an entry of Vault, which runs in development mode and is seeded',
    namespace: 'external-secrets',
    charts: ['external-secrets', 'vault'],
    group: 'external-secrets.io',
    needs: [],
    memory: unmeasured(384),
  },
  sops: {
    title: 'SOPS',
    gives: 'files that are encrypted for an age key of this cluster, as Secrets in it (SopsSecret)',
    namespace: 'sops',
    charts: ['sops-secrets-operator'],
    group: 'isindir.github.com',
    needs: [],
    memory: unmeasured(64),
  },
  monitoring: {
    title: 'Prometheus and Grafana',
    gives: 'metrics, a dashboard for every part, and alerts by mail: grafana.localhost, alerts.localhost',
    namespace: 'monitoring',
    charts: ['kube-prometheus-stack'],
    group: 'monitoring.coreos.com',
    needs: ['mailpit'],
    memory: unmeasured(900),
  },
  mailpit: {
    title: 'Mailpit',
    gives: 'an inbox for every mail of the cluster: mail.localhost',
    namespace: 'mailpit',
    charts: [],
    needs: [],
    memory: unmeasured(32),
  },
  'cert-manager': {
    title: 'cert-manager',
    gives: 'certificates by an authority of this playground (ClusterIssuer "playground")',
    namespace: 'cert-manager',
    charts: ['cert-manager'],
    group: 'cert-manager.io',
    needs: [],
    memory: unmeasured(144),
  },
  'argo-rollouts': {
    title: 'Argo Rollouts',
    gives: 'a canary of the sample application in staging that waits for a promotion',
    namespace: 'argo-rollouts',
    charts: ['argo-rollouts'],
    needs: [],
    memory: unmeasured(320),
  },
  'image-updater': {
    title: 'Argo CD Image Updater',
    gives: 'a stage "newest" whose image no pipeline writes',
    namespace: 'argocd',
    charts: ['argocd-image-updater'],
    group: 'argocd-image-updater.argoproj.io',
    needs: [],
    memory: unmeasured(128),
  },
  autoscaling: {
    title: 'Autoscaling',
    gives: 'a HorizontalPodAutoscaler for the sample application in production, and the metrics for it',
    namespace: 'kube-system',
    charts: ['metrics-server'],
    group: 'metrics.k8s.io',
    needs: [],
    memory: unmeasured(64),
    builtInto: 'k3d',
  },
  crossplane: {
    title: 'Crossplane',
    gives: 'Crossplane with a provider that needs no cloud: it manages objects of this cluster',
    namespace: 'crossplane-system',
    charts: ['crossplane'],
    group: 'pkg.crossplane.io',
    needs: [],
    memory: unmeasured(384),
  },
  vcluster: {
    title: 'vcluster',
    gives: 'a virtual cluster for a team, deployed by GitOps',
    namespace: 'team-a',
    charts: ['vcluster'],
    needs: [],
    memory: unmeasured(512),
  },
  velero: {
    title: 'Velero',
    gives: 'backups of namespaces into a bucket that is a volume of this cluster',
    namespace: 'velero',
    charts: ['velero'],
    group: 'velero.io',
    needs: [],
    memory: unmeasured(160),
  },
};

/** The add-ons that a configuration asks for, with those that they need, in the order of the table. */
export function addonsOf({ with: asked, profile }: Pick<Config, 'with' | 'profile'>): AddonName[] {
  const names = Object.keys(addons) as AddonName[];
  const wanted = new Set<AddonName>(profile === 'full' ? names : asked);
  for (const name of wanted) for (const need of addons[name].needs) wanted.add(need);
  return names.filter((name) => wanted.has(name));
}

/** A configuration with the add-ons that its playground has already: later ones come beside them. */
export function withKeptAddons(config: Config, kept: Config | undefined): Config {
  if (kept === undefined) return config;
  return Object.freeze({ ...config, with: [...new Set([...kept.with, ...config.with])] });
}
