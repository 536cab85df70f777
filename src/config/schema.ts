import { z } from 'zod';

/** A DNS label (RFC 1123): what names have to be to stand in host names, namespaces and container names. */
const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/,
    'use at most 40 lower-case letters, digits and "-", beginning and ending with a letter or digit',
  );

/** Ports below 1024 need root, and the parts of one playground take a row of ports from the first on. */
const port = z
  .number({ error: 'use a number' })
  .int('use a whole number')
  .min(1024, 'use a port from 1024 to 65000')
  .max(65_000, 'use a port from 1024 to 65000');

export const engineNames = ['auto', 'embedded', 'k3d', 'kubernetes'] as const;
export const profileNames = ['minimal', 'workshop', 'full'] as const;
export const gitServerNames = ['gitea', 'scm-manager'] as const;
export const operatorNames = ['argocd', 'flux'] as const;

/** What can be installed beside the loop, each one an Application in the GitOps repository. */
export const addonNames = [
  'sealed-secrets',
  'external-secrets',
  'sops',
  'monitoring',
  'mailpit',
  'cert-manager',
  'argo-rollouts',
  'image-updater',
  'autoscaling',
  'crossplane',
  'vcluster',
  'velero',
] as const;

export const configSchema = z
  .strictObject({
    name: dnsLabel.default('default').describe('Name of the playground; several run side by side by name.'),
    engine: z
      .enum(engineNames)
      .default('auto')
      .describe('What runs the parts. "auto" takes the best engine that this machine can run, and says why.'),
    context: z
      .string()
      .min(1, 'name a context of the kubeconfig')
      .optional()
      .describe('Context of your kubeconfig whose cluster the engine "kubernetes" installs into.'),
    bundle: z
      .string()
      .min(1, 'name the file of a bundle')
      .optional()
      .describe('File that `bundle save` has made: charts, images and tools, so that no internet is needed.'),
    profile: z
      .enum(profileNames)
      .default('workshop')
      .describe('How much is installed into a cluster: the loop alone, the loop for a class, or everything.'),
    with: z
      .array(z.enum(addonNames))
      .default([])
      .describe('Add-ons that are installed beside the loop, on the engines k3d and kubernetes.'),
    gitServer: z
      .enum(gitServerNames)
      .default('gitea')
      .describe('Which Git server is installed into a cluster.'),
    operator: z
      .enum(operatorNames)
      .default('argocd')
      .describe('Which GitOps operator is installed into a cluster.'),
    port: port
      .optional()
      .describe(
        'First of the row of ports that the playground listens on; free ones are chosen when it is absent.',
      ),
    username: dnsLabel.default('developer').describe('The person who pushes, reviews and merges.'),
    password: z
      .string()
      .min(8, 'use at least 8 characters')
      .max(72, 'use at most 72 characters')
      .regex(/^[\x21-\x7e]*$/, 'use printable ASCII characters without spaces')
      .optional()
      .describe('One password for all parts; a random one is made when it is absent.'),
    organization: dnsLabel
      .default('playground')
      .describe('Owner of the seeded repositories on the Git server.'),
    application: dnsLabel
      .default('storefront')
      .describe('Name of the example application and of its repository.'),
    reconcileSeconds: z
      .number({ error: 'use a number of seconds' })
      .int('use whole seconds')
      .min(1, 'use 1 to 3600 seconds')
      .max(3600, 'use 1 to 3600 seconds')
      .default(30)
      .describe('How often the GitOps operator looks at Git when no webhook arrives.'),
  })
  .describe('Configuration of gitops-playground.');

/** Everything that decides what a playground becomes. Validated once, frozen, and the only input. */
export type Config = Readonly<z.output<typeof configSchema>>;

/** Whether a text can name a playground. Names become folder names, so this also keeps paths out. */
export function isPlaygroundName(text: string): boolean {
  return dnsLabel.safeParse(text).success;
}
