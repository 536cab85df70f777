import { stringify } from 'yaml';
import { createArgocdRest, type ManagedResource } from '../../../clients/argocd-rest.ts';
import { createArgocdClient, isAutomated, type ArgocdClient } from '../../../clients/argocd.ts';
import { operatorNamespace } from '../../../flow/names.ts';
import { returnTo } from '../../../flow/revert.ts';
import { compareLines, project } from '../../../lib/diff.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { ApplicationDocument, ManagedDocument } from '../../model/documents.ts';
import { choiceField, fieldsOf, type DashboardContext, type Parts, type Routes } from '../call.ts';
import { Refusal } from '../refusal.ts';

/** Applications: resources, differences, history; sync, rollback, refresh. */
export function addApplications(routes: Routes, { playground, source }: Parts): void {
  const { endpoints, config } = playground;
  const rest = createArgocdRest(endpoints.gitops);
  const argocd = async (): Promise<ArgocdClient> =>
    createArgocdClient(await playground.cluster(), { namespace: operatorNamespace });
  const base = '/api/applications/:name';
  const by = { username: config.username };
  const nameOf = (context: DashboardContext) => context.req.param('name') ?? '';

  routes.get('/api/applications', async (context) => context.json(await (await argocd()).list()));
  routes.get(base, async (context) => {
    const name = nameOf(context);
    const application = await (await argocd()).find(name);
    if (application === undefined) throw new Refusal(404, 'not-found', `there is no Application "${name}"`);
    const document: ApplicationDocument = {
      application,
      isAutomated: isAutomated(application),
      webUrl: `${endpoints.gitops.url}/applications/${encodeURIComponent(name)}`,
      ...(await detailsOf(name)),
    };
    return context.json(document);
  });
  /** What only the operator's own API tells. Where it does not, the rest is still worth showing. */
  const detailsOf = async (name: string) => {
    try {
      const [tree, managed] = await Promise.all([rest.resourceTree(name), rest.managedResources(name)]);
      return { tree, managed: managed.map(managedDocument) };
    } catch (error) {
      return { tree: [], managed: [], problem: messageOf(error) };
    }
  };
  routes.post(`${base}/refresh`, async (context) => {
    await (await argocd()).refresh(nameOf(context));
    return context.json({});
  });
  routes.post(`${base}/sync`, async (context) => {
    const { prune } = await fieldsOf(context);
    await (await argocd()).sync(nameOf(context), { prune: prune !== false, ...by });
    return context.json({});
  });
  routes.post(`${base}/rollback`, async (context) => {
    const fields = await fieldsOf(context);
    const { id } = fields;
    if (typeof id !== 'number')
      throw new Refusal(400, 'field-wrong', '"id" has to be a number of the history');
    const client = await argocd();
    const name = nameOf(context);
    const way = choiceField(fields, 'way', ['git', 'operator']);
    if (way === 'operator') await client.rollback(name, id, { prune: true, ...by });
    else await returnTo(playground, await client.get(name), id);
    source.changed('git', 'applications');
    return context.json({});
  });
}

/** What a sync would change: the fields that Git speaks about, as lines of YAML. */
function managedDocument(resource: ManagedResource): ManagedDocument {
  const { kind, name, namespace = '', group = '' } = resource;
  const live = parse(resource.normalizedLiveState);
  const desired = parse(resource.predictedLiveState ?? resource.targetState);
  const target = parse(resource.targetState) === null ? null : desired;
  const shown = target === null || live === null ? live : project(live, target);
  return { group, kind, namespace, name, lines: compareLines(linesOf(shown), linesOf(target)) };
}

function parse(text: string | undefined): unknown {
  return text === undefined || text === '' ? null : (JSON.parse(text) as unknown);
}

function linesOf(value: unknown): string[] {
  return value === null ? [] : stringify(value, { sortMapEntries: true, lineWidth: 0 }).trimEnd().split('\n');
}
