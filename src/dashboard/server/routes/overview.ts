import { operatorNamespace } from '../../../flow/names.ts';
import { statusOf } from '../../../flow/status.ts';
import { traceCommit } from '../../../flow/trace.ts';
import type { Overview } from '../../model/documents.ts';
import { Refusal } from '../refusal.ts';
import type { Parts, Routes } from '../call.ts';

/** What the page is about, how everything is, and the trace of one commit. */
export function addOverview(routes: Routes, { playground, engine, guide }: Parts): void {
  const { config, endpoints } = playground;

  routes.get('/api/overview', (context) => {
    const overview: Overview = {
      name: config.name,
      engine,
      username: config.username,
      organization: config.organization,
      application: config.application,
      operatorNamespace,
      hasExercises: guide !== undefined,
      pages: { git: endpoints.git.url, ci: endpoints.ci.url, operator: endpoints.gitops.url },
      registry: endpoints.registry.host,
      ingressPort: endpoints.ingress.port,
    };
    return context.json(overview);
  });
  routes.get('/api/status', async (context) => {
    const { phase, applications, problems = [] } = await statusOf(engine, playground);
    return context.json({ phase, applications, problems });
  });
  routes.get('/api/trace/:commit?', async (context) => {
    const commit = context.req.param('commit');
    if (commit !== undefined && !/^[0-9a-f]{4,40}$/.test(commit))
      throw new Refusal(404, 'unknown-commit', `"${commit.slice(0, 40)}" is no commit id`);
    return context.json(await traceCommit(playground, commit));
  });
}
