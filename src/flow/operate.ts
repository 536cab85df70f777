import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../clients/kubernetes.ts';
import { operators } from './operators/operator.ts';
import type { Playground } from './playground.ts';
import { bootstrapManifests } from './repositories.ts';
import { seededContent } from './seed.ts';

const fieldManager = 'gitops-playground';

export async function hasRootApplication(playground: Playground): Promise<boolean> {
  const cluster = await playground.cluster();
  return (await cluster.find(operators[playground.config.operator].root)) !== undefined;
}

/**
 * Applies what the operator cannot fetch for itself: for Argo CD the projects and the Application that points at the
 * operator's own repository (app-of-apps), for Flux the same as GitRepository and Kustomization. Everything else comes from
 * Git from then on.
 */
export async function applyRootApplication(playground: Playground): Promise<void> {
  const cluster = await playground.cluster();
  for (const { content } of bootstrapManifests(seededContent(playground))) {
    for (const document of parseAllDocuments(content)) {
      await cluster.apply(document.toJS() as KubeObject, { fieldManager, force: true });
    }
  }
}
