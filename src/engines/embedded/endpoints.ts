import type { Endpoints } from '../engine.ts';
import { folders, type State } from './state.ts';

/** Everything runs on this machine's loopback, so the laptop and the cluster see the same addresses. */
export function endpointsOf(state: State): Endpoints {
  const { ports, secrets, config } = state;
  const at = (port: number) => ({ url: `http://127.0.0.1:${port}`, clusterUrl: `http://127.0.0.1:${port}` });
  const person = { username: config.username, password: secrets.password };
  const registry = `127.0.0.1:${ports.registry}`;
  return {
    dashboard: at(ports.dashboard),
    git: { ...at(ports.git), ...person },
    registry: { host: registry, clusterHost: registry },
    ci: { ...at(ports.ci), ...person },
    gitops: {
      ...at(ports.gitops),
      username: 'admin',
      password: secrets.password,
      webhookSecret: secrets.webhookSecret,
    },
    kubernetes: {
      kubeconfig: folders(config.name).kubeconfig,
      context: `gitops-playground-${config.name}`,
      clusterUrl: `https://127.0.0.1:${ports.kubernetes}`,
    },
    ingress: { port: ports.ingress },
  };
}
