import { isAutomated, type ArgocdClient } from '../../../clients/argocd.ts';
import { pageHeaders } from '../../../lib/html/page.ts';
import type { ApplicationController } from '../applications.ts';
import type { RestContext, Routes } from '../rest.ts';
import type { Sessions } from '../sessions.ts';
import { applicationPage, listPage } from './views.ts';

export interface PageParts {
  readonly argocd: ArgocdClient;
  readonly controller: ApplicationController;
  readonly sessions: Sessions;
}

/** The pages for people, behind basic authentication; their buttons work from their own origin only. */
export function addPages(routes: Routes, { argocd, controller, sessions }: PageParts): void {
  const user = (context: RestContext): string | undefined =>
    sessions.identify(context.req.header('authorization'), context.req.header('cookie'));
  /** Answers 401 or 403 where a person may not do this; undefined where they may. */
  const refuse = (context: RestContext, writes: boolean): Response | undefined => {
    if (user(context) === undefined && (sessions.hasUsers || writes)) {
      context.header('www-authenticate', 'Basic realm="gitops"');
      return context.text('Please log in.\n', 401);
    }
    // The guard has checked a foreign Origin; a form without one comes from an old browser or from no page at all.
    const site = context.req.header('sec-fetch-site');
    if (writes && site !== undefined && site !== 'same-origin' && site !== 'none') {
      return context.text('Forms of other sites are refused.\n', 403);
    }
    return undefined;
  };

  routes.get('/', (context) => {
    const refused = refuse(context, false);
    if (refused !== undefined) return refused;
    const apps = controller.applications();
    return context.html(
      listPage(apps.sort((left, right) => left.metadata.name.localeCompare(right.metadata.name))),
      200,
      pageHeaders(),
    );
  });
  routes.get('/applications', (context) => context.redirect('/'));
  routes.get('/applications/:name', (context) => {
    const refused = refuse(context, false);
    if (refused !== undefined) return refused;
    const app = controller.application(context.req.param('name'));
    if (app === undefined) return context.text('There is no such Application.\n', 404);
    return context.html(
      applicationPage(app, controller.comparison(app.metadata.name), !isAutomated(app)),
      200,
      pageHeaders(),
    );
  });
  routes.post('/applications/:name/:action', async (context) => {
    const refused = refuse(context, true);
    if (refused !== undefined) return refused;
    const { name, action } = context.req.param();
    if (controller.application(name) === undefined)
      return context.text('There is no such Application.\n', 404);
    const username = user(context);
    const by = username === undefined ? {} : { username };
    switch (action) {
      case 'refresh':
        await controller.refresh(name, 'git');
        break;
      case 'sync':
        await argocd.sync(name, { prune: true, ...by });
        break;
      case 'rollback': {
        const form = await context.req.parseBody();
        await argocd.rollback(name, Number(form['id']), { prune: true, ...by });
        break;
      }
      default:
        return context.notFound();
    }
    return context.redirect(`/applications/${encodeURIComponent(name)}`, 303);
  });
}
