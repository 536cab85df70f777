import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { table } from '../../../lib/html/elements.ts';
import { html } from '../../../lib/html/html.ts';
import { streamBlob } from '../api/contents.ts';
import { asRepositoryCall, makeCall, type Call, type Server, type WriteCall } from '../api/call.ts';
import { pullText } from '../api/pulls.ts';
import { readBody } from '../../../lib/http/body.ts';
import { forbidden, notFound, unauthorized, type GitServerError } from '../errors.ts';
import { mergePull } from '../merging.ts';
import type { Access } from '../metadata/model.ts';
import { pullNumber } from '../pulls.ts';
import { hookPage, hooksPage } from './hooks.ts';
import { page } from './layout.ts';
import { pullPage, pullsPage } from './pull.ts';
import { commitPage, commitsPage, comparePage, rawBlob, repositoryPage, sourcePage } from './repository.ts';

type Bindings = { Bindings: HttpBindings };
type RepositoryPage = (call: WriteCall) => Promise<Response | 'streamed'>;

const repo = '/:owner/:repo';

/** Every page of a repository, with the access that it needs. */
const pages: readonly (readonly ['GET' | 'POST', string, Access, RepositoryPage])[] = [
  ['GET', repo, 'read', repositoryPage],
  ['GET', `${repo}/commits`, 'read', commitsPage],
  ['GET', `${repo}/commit/:sha`, 'read', commitPage],
  ['GET', `${repo}/compare/:range{.+}`, 'read', comparePage],
  ['GET', `${repo}/src/:kind{branch|commit|tag}/:rest{.+}`, 'read', sourcePage],
  ['GET', `${repo}/raw/:kind{branch|commit|tag}/:rest{.+}`, 'read', raw],
  ['GET', `${repo}/pulls`, 'read', pullsPage],
  ['GET', `${repo}/pulls/:index`, 'read', pull],
  ['POST', `${repo}/pulls/:index/merge`, 'write', merge],
  ['GET', `${repo}/settings/hooks`, 'admin', hooksPage],
  ['GET', `${repo}/settings/hooks/:id`, 'admin', hookPage],
];

/** Pages to look at in a browser, rendered here and without any script. */
export function createPages(server: Server): Hono<Bindings> {
  const app = new Hono<Bindings>();
  app.get('/', async (context) => listPage(await callOf(server, context)));
  app.get('/login', async (context) => {
    const { viewer } = await callOf(server, context);
    if (viewer === undefined) throw unauthorized('log in with your user name and password');
    return context.redirect('/');
  });
  for (const [method, path, access, render] of pages) {
    app.on(method, path, async (context) => {
      const call = await callOf(server, context);
      // With more than read access asked for, there is a viewer.
      const answer = await render(asRepositoryCall(call, access) as WriteCall);
      return answer === 'streamed' ? RESPONSE_ALREADY_SENT : answer;
    });
  }
  app.all('*', () => {
    throw notFound();
  });
  return app;
}

/** A refusal as a page. */
export function renderErrorPage({ status, message, headers }: GitServerError): Response {
  const content = html`<h1>Error ${status}</h1>
    <p>${message}</p>
    <p><a href="/">All repositories</a></p>`;
  return page({ title: `Error ${status}`, viewer: undefined }, content, { status, headers });
}

async function callOf(server: Server, context: Context<Bindings>): Promise<Call> {
  const { incoming, outgoing } = context.env;
  const viewer = await server.service.accounts.authenticate(incoming.headers);
  const request = { incoming, outgoing, url: new URL(context.req.url) } as Pick<
    Call,
    'incoming' | 'outgoing' | 'url'
  >;
  return makeCall(server, request, viewer, (name) => context.req.param(name));
}

async function listPage(call: Call): Promise<Response> {
  const { store, accounts } = call.service;
  const repositories = store.filter('repositories', (record) =>
    accounts.may(record, call.viewer?.user, 'read'),
  );
  const rows = repositories.map(
    ({ owner, name, description }) =>
      html`<tr>
        <td class="nowrap"><a href="/${owner}/${name}">${owner}/${name}</a></td>
        <td class="dim">${description}</td>
      </tr>`,
  );
  const content = html`<h1>Repositories</h1>
    ${rows.length === 0 ? html`<p>There is no repository yet.</p>` : table(['Name', 'What it is'], rows)}`;
  return page({ title: 'Repositories', viewer: call.viewer }, content);
}

async function raw(call: WriteCall): Promise<'streamed'> {
  await streamBlob(call, await rawBlob(call));
  return 'streamed';
}

async function pull(call: WriteCall): Promise<Response> {
  const [, number = '', format] = /^(\d+)\.(diff|patch)$/.exec(call.param('index')) ?? [];
  if (format === undefined) return pullPage(call);
  const record = call.pulls.get(call.repository.record, pullNumber(number));
  const text = await pullText(call, record, format === 'patch' ? 'patch' : 'diff');
  return new Response(new Uint8Array(text), { headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

/** The form of the merge button. */
async function merge(call: WriteCall): Promise<Response> {
  requireOwnForm(call);
  const form = new URLSearchParams((await readBody(call.incoming, 65_536)).toString('utf8'));
  const style = (['squash', 'rebase'] as const).find((name) => name === form.get('style')) ?? 'merge';
  const number = pullNumber(call.param('index'));
  await mergePull(call, call.repository, number, call.viewer.user, {
    style,
    title: '',
    message: '',
    headSha: form.get('head') ?? '',
    deleteBranch: false,
  });
  const { owner, name } = call.repository.record;
  return new Response(null, { status: 303, headers: { location: `/${owner}/${name}/pulls/${number}` } });
}

/**
 * Browsers send the password by themselves, so a form has to come from a page of this server. Foreign
 * origins are refused before any route; a request that does not say where it comes from is refused here.
 */
function requireOwnForm({ incoming }: Call): void {
  const site = incoming.headers['sec-fetch-site'];
  const own = site === undefined ? incoming.headers.origin !== undefined : site === 'same-origin';
  if (!own) throw forbidden('use the button of the page, or the API');
}
