import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ensurePrivateDir, readFileIfExists, writeFileAtomic } from '../../../lib/fs.ts';
import { refuseForeign } from '../../../lib/http/guard.ts';
import { listen } from '../../../lib/http/listen.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { Log } from '../../../lib/log.ts';
import { randomSecret } from '../../../lib/secrets.ts';
import { servingCertificates } from '../certificates/authority.ts';
import type { NodeAgent } from '../cluster.ts';
import { ApiError } from '../errors.ts';
import type { ClusterStore } from '../storage/cluster-store.ts';
import { bootstrap } from './bootstrap.ts';
import { Authenticator, type StaticToken } from './authentication.ts';
import { sendJson } from './call.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { Router } from './router.ts';
import { createUpgrades } from './upgrades.ts';

export interface ApiServerOptions {
  readonly cluster: ClusterStore;
  /** The folder of keys and certificates, created when missing. */
  readonly dataDir: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log: Log;
  /** Who may use the API by which token; members of `system:masters` may do everything. */
  readonly tokens: readonly StaticToken[];
  /** Asked for logs, commands and ports of pods. */
  readonly nodeAgent: NodeAgent;
}

export interface ApiServer {
  readonly url: string;
  readonly port: number;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
  /** A kubeconfig with one context, for the user of a token. */
  kubeconfig(options: { readonly name: string; readonly token: string; readonly namespace?: string }): string;
  /** A token for a service account, as pods find it in their file system; `lifetime` in seconds. */
  serviceAccountToken(namespace: string, name: string, lifetime?: number): string;
  close(): Promise<void>;
}

/** Serves a cluster over HTTPS as the Kubernetes API. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { cluster, dataDir, log, tokens, nodeAgent } = options;
  await ensurePrivateDir(dataDir);
  const { ca, serving } = await servingCertificates(join(dataDir, 'certificates'));
  const authenticator = new Authenticator(tokens, await signingKey(dataDir), cluster);
  const endBootstrap = bootstrap(cluster, ca);
  const router = new Router({ cluster, authenticator, nodeAgent, log });
  const server: Server = createServer(
    { key: serving.key, cert: serving.certificate, ALPNProtocols: ['http/1.1'] },
    (request, response) => {
      if (isRefused(request, response)) return;
      void router.handle(request, response);
    },
  );
  // Watches are quiet for as long as nothing happens.
  server.requestTimeout = 0;
  const upgrades = createUpgrades({ router, nodeAgent, cluster, log });
  server.on('upgrade', (request, socket, head) => {
    upgrades.handle(request, socket, head);
  });
  server.on('tlsClientError', (error) => {
    log.warn(`a TLS connection failed: ${messageOf(error)}`);
  });
  const listener = await listen(server, { port: options.port });
  const url = `https://127.0.0.1:${listener.port}`;
  return {
    url,
    port: listener.port,
    ca,
    kubeconfig: ({ name, token, namespace }) =>
      kubeconfigOf({ name, server: url, ca, token, ...(namespace === undefined ? {} : { namespace }) }),
    serviceAccountToken(namespace, name, lifetime = 3600) {
      const account = cluster.get({ group: '', resource: 'serviceaccounts' }, namespace, name);
      const uid = account?.metadata.uid;
      if (uid === undefined) throw new ApiError('NotFound', `serviceaccounts "${name}" not found`);
      return authenticator.issue({ namespace, name, uid }, lifetime, []).token;
    },
    async close() {
      endBootstrap();
      upgrades.close();
      await listener.close();
    },
  };
}

function isRefused(request: IncomingMessage, response: ServerResponse): boolean {
  const refusal = refuseForeign(request.headers);
  if (refusal === undefined) return false;
  const error = new ApiError('Forbidden', refusal.reason);
  sendJson(response, refusal.status, { ...error.toStatus(), code: refusal.status });
  return true;
}

/** The key that signs tokens of service accounts; kept, so that they outlive a restart. */
async function signingKey(dataDir: string): Promise<string> {
  const file = join(dataDir, 'service-account.key');
  const kept = await readFileIfExists(file);
  if (kept !== undefined && kept.length >= 32) return kept;
  const key = randomSecret(48);
  await writeFileAtomic(file, key);
  return key;
}
