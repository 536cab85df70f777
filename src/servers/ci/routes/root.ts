import { renderJson } from '../api-json.ts';
import { CRUMB_FIELD } from '../auth.ts';
import { parseJobConfig } from '../config-xml.ts';
import { credentialToXml, typeName } from '../credentials.ts';
import { JenkinsError, notFound } from '../errors.ts';
import { noProperties } from '../model.ts';
import { checkName, itemPath } from '../names.ts';
import { loginPage } from '../pages/login.ts';
import { rootPage } from '../pages/root.ts';
import { receiveGitea, receiveNotifyCommit } from '../webhooks.ts';
import { html, json, redirect, text, xml, type Exchange, type Reply, type Routes } from './exchange.ts';

/** The routes that the anonymous user may use: signing in, and webhooks, which say themselves who they are. */
export const openRoutes: Routes<undefined> = {
  'GET login': (exchange) => html(loginPage(exchange.query.get('from') ?? '/', false)),
  'POST j_spring_security_check': signIn,
  'GET logout': ({ site }) => ({
    status: 302,
    headers: { location: '/login', 'set-cookie': site.auth.endSession() },
  }),
  'POST gitea-webhook/post': receiveDelivery,
  'GET git/notifyCommit': notifyCommit,
  'POST git/notifyCommit': notifyCommit,
  'GET whoAmI/api/json': ({ identity }) =>
    json({
      _class: 'hudson.security.WhoAmI',
      anonymous: identity === undefined,
      authenticated: identity !== undefined,
      authorities: identity === undefined ? [] : ['authenticated'],
      details: null,
      name: identity?.username ?? 'anonymous',
      toString: identity?.username ?? 'anonymous',
    }),
};

export const rootRoutes: Routes<undefined> = {
  'GET ': (exchange) => html(rootPage(exchange)),
  'GET api/json': ({ site, query }) => json(renderJson(site.beans.root(), query)),
  'GET crumbIssuer/api/json': giveCrumb,
  'POST createItem': createItem,
  'GET queue/api/json': ({ site, query }) =>
    json(
      renderJson(
        {
          class: 'hudson.model.Queue',
          brief: {
            discoverableItems: [],
            items: site.store.queue().map((item) => site.beans.queueItem(item, site.queue.why(item))),
          },
        },
        query,
      ),
    ),
  'GET queue/item/*': queueItem,
  'POST queue/item/*': async (exchange) => {
    const [id, action] = restOf(exchange, 'queue/item').split('/');
    if (action !== 'cancelQueue') throw notFound('this page');
    if (!exchange.site.queue.cancel(Number(id))) throw notFound(`the queue item ${id}`);
    return redirect('/queue/');
  },
  'POST queue/cancelItem': async (exchange) => {
    const id = Number(await exchange.parameter('id'));
    if (!exchange.site.queue.cancel(id)) throw notFound(`the queue item ${id}`);
    return { status: 204 };
  },
  'GET computer/api/json': ({ site, query }) => json(renderJson(site.beans.computers(), query)),
  'GET computer/(built-in)/api/json': ({ site, query }) => json(renderJson(site.beans.computer(), query)),
  'GET computer/(master)/api/json': ({ site, query }) => json(renderJson(site.beans.computer(), query)),
  'GET overallLoad/api/json': ({ site }) =>
    json({
      _class: 'hudson.model.OverallLoadStatistics',
      busyExecutors: { sec10: { latest: site.workspaces.busy } },
      totalExecutors: { sec10: { latest: site.workspaces.executors } },
      queueLength: { sec10: { latest: site.store.queue().length } },
    }),
  'GET credentials/store/system/domain/_/api/json': ({ site }) =>
    json({
      _class: 'com.cloudbees.plugins.credentials.CredentialsStoreAction$DomainWrapper',
      credentials: site.credentials.list().map((credential) => ({
        id: credential.id,
        displayName: credential.id,
        typeName: typeName(credential),
        description: credential.description,
      })),
      global: true,
    }),
  'POST credentials/store/system/domain/_/createCredentials': async (exchange) => {
    await exchange.site.credentials.create(await exchange.text());
    return { status: 200 };
  },
  '* credentials/store/system/domain/_/credential/*': changeCredential,
};

async function signIn(exchange: Exchange): Promise<Reply> {
  const form = await exchange.form();
  const identity = exchange.site.auth.check(form.get('j_username') ?? '', form.get('j_password') ?? '');
  const from = form.get('from') ?? '/';
  if (identity === undefined) return html(loginPage(from, true), 401);
  // Only ways on this server: not `//elsewhere`.
  const location = /^\/(?![/\\])/.test(from) ? from : '/';
  const session = exchange.site.auth.newSession(identity.username);
  return { status: 302, headers: { location, 'set-cookie': session.header } };
}

async function receiveDelivery(exchange: Exchange): Promise<Reply> {
  const body = await exchange.body();
  return text(
    receiveGitea(exchange.site.webhooks, {
      event: exchange.header('x-gitea-event'),
      contentType: exchange.header('content-type') ?? '',
      signature: exchange.header('x-gitea-signature'),
      body,
    }),
  );
}

function notifyCommit({ site, query }: Exchange): Reply {
  return text(`${receiveNotifyCommit(site.webhooks, query)}\n`);
}

function giveCrumb({ site, request, user }: Exchange): Reply {
  const session = site.auth.sessionOf(request);
  const fits = session?.username === user ? session : undefined;
  const { cookie, header } =
    fits === undefined ? site.auth.newSession(user) : { cookie: fits.cookie, header: undefined };
  const crumb = {
    _class: 'hudson.security.csrf.DefaultCrumbIssuer',
    crumb: site.auth.crumb(cookie),
    crumbRequestField: CRUMB_FIELD,
  };
  return json(crumb, header === undefined ? undefined : { 'set-cookie': header });
}

async function createItem(exchange: Exchange): Promise<Reply> {
  const { site, query } = exchange;
  const { store } = site;
  const name = checkName(query.get('name') ?? '');
  if (store.job(name) !== undefined)
    throw new JenkinsError(400, `A job already exists with the name ‘${name}’`);
  const copy = query.get('mode') === 'copy';
  const from = store.job(query.get('from') ?? '');
  if (copy && from === undefined) throw new JenkinsError(400, `No such job: ${query.get('from') ?? ''}`);
  const configXml = copy ? (from?.configXml ?? '') : await exchange.text();
  saveJob(site, name, configXml);
  return copy ? redirect(itemPath(name)) : { status: 200 };
}

/** Checks a configuration and keeps it; a multibranch project is scanned at once. @throws JenkinsError 400. */
export function saveJob(site: Exchange['site'], name: string, configXml: string): void {
  const { store } = site;
  const config = parseJobConfig(configXml);
  const before = store.job(name);
  if (before !== undefined && parseJobConfig(before.configXml).kind !== config.kind) {
    throw new JenkinsError(400, 'a job cannot become one of another kind; delete it first');
  }
  store.putJob({ name, configXml });
  if (config.kind === 'pipeline') {
    const pipeline = store.pipeline(name);
    store.putPipeline({
      fullName: name,
      multibranch: undefined,
      head: undefined,
      retired: false,
      nextNumber: 1,
      ...pipeline,
      disabled: config.disabled,
      properties: { ...(pipeline?.properties ?? noProperties), parameters: config.parameters },
    });
  } else
    void site.multibranch.scan(name, before === undefined ? 'The job was created' : 'The job was changed');
}

function queueItem(exchange: Exchange): Reply {
  const { site, query } = exchange;
  const [id = '', ...more] = restOf(exchange, 'queue/item').split('/');
  if (more.join('/') !== 'api/json') throw notFound('this page');
  const number = Number(id);
  const waiting = site.store.queueItem(number);
  if (waiting !== undefined)
    return json(renderJson(site.beans.queueItem(waiting, site.queue.why(waiting)), query));
  const build = site.store.buildOfQueueItem(number);
  if (build !== undefined) {
    const { pipeline, revision, causes, parameters, timestamp } = build;
    const item = { id: number, pipeline, revision, causes, parameters, since: timestamp };
    return json(renderJson(site.beans.queueItem(item, null, build), query));
  }
  const cancelled = site.queue.cancelled(number);
  if (cancelled === undefined) throw notFound(`the queue item ${id}`);
  return json(renderJson(site.beans.queueItem(cancelled, null, undefined, true), query));
}

async function changeCredential(exchange: Exchange): Promise<Reply> {
  const { site, request } = exchange;
  const [id = '', ...more] = restOf(exchange, 'credentials/store/system/domain/_/credential').split('/');
  const credential = site.credentials.find(id);
  if (credential === undefined) throw notFound(`the credential "${id}"`);
  switch (`${request.method} ${more.join('/')}`) {
    case 'GET api/json':
      return json({
        _class: 'com.cloudbees.plugins.credentials.CredentialsStoreAction$CredentialsWrapper',
        id,
        displayName: id,
        typeName: typeName(credential),
        description: credential.description,
      });
    case 'GET config.xml':
      return xml(credentialToXml(credential));
    case 'POST config.xml':
      await site.credentials.replace(id, await exchange.text());
      return { status: 200 };
    case 'POST doDelete':
    case 'DELETE config.xml':
      await site.credentials.delete(id);
      return redirect('/credentials/store/system/domain/_/');
    default:
      throw notFound('this page');
  }
}

/** The decoded path behind a prefix. */
function restOf(exchange: Exchange, prefix: string): string {
  const path = new URL(exchange.request.url ?? '/', 'http://localhost').pathname;
  return decodeURIComponent(path.replace(/^\/+/, '').slice(prefix.length + 1)).replace(/\/+$/, '');
}
