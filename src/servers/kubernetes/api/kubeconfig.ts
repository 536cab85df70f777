import { stringify } from 'yaml';

export interface KubeconfigOptions {
  /** The name of the cluster, the user and the context. */
  readonly name: string;
  readonly server: string;
  /** PEM of the certificate authority. */
  readonly ca: string;
  readonly token: string;
  readonly namespace?: string;
}

/** The text of a kubeconfig with one cluster, one user and one context. It holds a secret: keep it 0600. */
export function kubeconfigOf({ name, server, ca, token, namespace }: KubeconfigOptions): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name, user: { token } }],
    contexts: [
      { name, context: { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) } },
    ],
    'current-context': name,
  });
}
