import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { pipeline as pipe } from 'node:stream/promises';
import { isInside } from '../../../lib/fs.ts';
import { renderJson } from '../api-json.ts';
import { readLog } from '../builds/log.ts';
import { logFile } from '../builds/runner.ts';
import { JenkinsError, notFound } from '../errors.ts';
import type { BuildRecord } from '../model.ts';
import { itemPath } from '../names.ts';
import { buildPage } from '../pages/build.ts';
import type { PipelineValue } from '../pipeline/host.ts';
import { readReport } from '../steps/junit.ts';
import { escapeXml } from '../xml.ts';
import { describeRun } from './stages.ts';
import { html, json, redirect, text, type Exchange, type Reply, type Routes } from './exchange.ts';

/** A chunk of progressive text is at most this many bytes. */
const LARGEST_CHUNK = 4 * 1024 * 1024;

export interface BuildTarget {
  readonly build: BuildRecord;
  /** The path behind the build's own, decoded. */
  readonly rest: string;
}

export const buildRoutes: Routes<BuildTarget> = {
  'GET ': (exchange, { build }) => html(buildPage(exchange, build)),
  'GET console': (exchange, { build }) => html(buildPage(exchange, build)),
  'GET api/json': ({ site, query }, { build }) => json(renderJson(site.beans.build(build), query)),
  'GET consoleText': consoleText,
  'GET logText/progressiveText': (exchange, target) => progressive(exchange, target, false),
  'POST logText/progressiveText': (exchange, target) => progressive(exchange, target, false),
  'GET logText/progressiveHtml': (exchange, target) => progressive(exchange, target, true),
  'POST logText/progressiveHtml': (exchange, target) => progressive(exchange, target, true),
  'GET artifact/*': artifact,
  'GET testReport/api/json': testReport,
  'GET wfapi/describe': ({ site }, { build }) => json(describeRun(site, build)),
  'GET wfapi/': ({ site }, { build }) => json(describeRun(site, build)),
  'GET wfapi/pendingInputActions': pendingInputs,
  'POST stop': stop,
  'POST term': stop,
  'POST kill': stop,
  'POST doDelete': deleteBuild,
  'POST replay/run': replay,
  'POST replay/rebuild': replay,
  'POST rebuild': replay,
  'POST input/*': answerInput,
  'POST wfapi/inputSubmit': answerInput,
};

async function consoleText({ site }: Exchange, { build }: BuildTarget): Promise<Reply> {
  const { bytes } = await readLog(logOf(site, build), 0);
  return text(bytes);
}

async function progressive(exchange: Exchange, { build }: BuildTarget, asHtml: boolean): Promise<Reply> {
  const { site } = exchange;
  const start = Number((await exchange.parameter('start')) ?? 0);
  if (!Number.isInteger(start) || start < 0)
    throw new JenkinsError(400, 'the parameter "start" is not a position');
  // Looked up before the log is read: whatever is written until then is still announced.
  const more = site.store.build(build.pipeline, build.number)?.building === true;
  const { bytes, end } = await readLog(logOf(site, build), start, LARGEST_CHUNK);
  const cut = bytes.length === LARGEST_CHUNK;
  const headers = { 'x-text-size': String(end), ...(more || cut ? { 'x-more-data': 'true' } : {}) };
  if (!asHtml) return text(endLines(bytes), headers);
  return { type: 'text/html;charset=utf-8', headers, body: escapeXml(endLines(bytes).toString('utf8')) };
}

/** Jenkins ends the lines of progressive text with CRLF, whatever its log has; positions are those in the log. */
function endLines(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1');
}

async function artifact({ site, response, request }: Exchange, { build, rest }: BuildTarget): Promise<Reply> {
  const path = rest.slice('artifact/'.length);
  const folder = join(site.store.buildFolder(build.pipeline, build.number), 'archive');
  const known = build.artifacts.some((one) => one.path === path);
  if (!known || !isInside(folder, path)) throw notFound(`the artifact "${path}"`);
  const file = join(folder, path);
  const { size } = await stat(file);
  const types: Record<string, string> = {
    '.json': 'application/json',
    '.txt': 'text/plain;charset=utf-8',
    '.xml': 'application/xml',
  };
  response.writeHead(200, {
    'content-type': types[extname(path)] ?? 'application/octet-stream',
    'content-length': size,
    // Whatever a build has made must not run in the name of this server.
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
  });
  if (request.method === 'HEAD') response.end();
  else await pipe(createReadStream(file), response);
  return {};
}

async function testReport({ site }: Exchange, { build }: BuildTarget): Promise<Reply> {
  if (build.tests === undefined) throw notFound('a test report');
  const { total, failed, skipped } = build.tests;
  const report = await readReport(join(site.store.buildFolder(build.pipeline, build.number), 'tests.json'));
  const cases = report.suites.flatMap((suite) => suite.cases);
  return json({
    _class: 'hudson.tasks.junit.TestResult',
    duration: cases.reduce((sum, one) => sum + one.duration, 0),
    empty: total === 0,
    failCount: failed,
    passCount: total - failed - skipped,
    skipCount: skipped,
    suites: report.suites,
  });
}

function stop({ site, user }: Exchange, { build, rest }: BuildTarget): Reply {
  const running = site.builds.running(build.pipeline, build.number);
  const reason = `Aborted by ${user}`;
  if (rest === 'stop') {
    running?.stop(reason);
    return redirect(pathOf(build));
  }
  running?.kill(reason);
  return { status: 200 };
}

async function deleteBuild({ site }: Exchange, { build }: BuildTarget): Promise<Reply> {
  if (build.building) throw new JenkinsError(409, 'the build is running; stop it first');
  await site.store.deleteBuild(build.pipeline, build.number);
  return redirect(itemPath(build.pipeline));
}

/** `replay/run` with a pipeline text, `replay/rebuild` (or `rebuild`) with the build's own commit and parameters. */
async function replay(exchange: Exchange, { build, rest }: BuildTarget): Promise<Reply> {
  const { site, user } = exchange;
  const form = await exchange.form();
  const script =
    rest === 'replay/run'
      ? (mainScriptOf(form.get('json')) ?? form.get('mainScript') ?? undefined)
      : undefined;
  if (rest === 'replay/run' && script === undefined)
    throw new JenkinsError(400, 'the field "mainScript" is missing');
  site.queue.schedule(build.pipeline, {
    revision: build.revision,
    parameters: build.parameters,
    cause: {
      kind: script === undefined ? 'rebuild' : 'replay',
      description: `${script === undefined ? 'Rebuilt' : 'Replayed'} #${build.number}`,
      userId: user,
    },
    ...(script === undefined ? {} : { script }),
  });
  return redirect(itemPath(build.pipeline));
}

function pendingInputs({ site }: Exchange, { build }: BuildTarget): Reply {
  const path = pathOf(build);
  const pending = site.builds.running(build.pipeline, build.number)?.inputs.pending() ?? [];
  return json(
    pending.map(({ id, message, ok, parameters }) => ({
      id,
      message,
      proceedText: ok,
      inputs: parameters.map(({ name, type, description, defaultValue }) => ({
        name,
        type,
        description,
        definition: { defaultVal: defaultValue },
      })),
      proceedUrl: `${path}wfapi/inputSubmit?inputId=${encodeURIComponent(id)}`,
      abortUrl: `${path}input/${encodeURIComponent(id)}/abort`,
      redirectApprovalUrl: `${path}input/`,
    })),
  );
}

async function answerInput(exchange: Exchange, { build, rest }: BuildTarget): Promise<Reply> {
  const { site, user } = exchange;
  const [, id = '', action = ''] =
    rest === 'wfapi/inputSubmit'
      ? ['', (await exchange.parameter('inputId')) ?? '', 'submit']
      : rest.split('/');
  const inputs = site.builds.running(build.pipeline, build.number)?.inputs;
  const question = inputs?.find(id);
  if (inputs === undefined || question === undefined) throw notFound(`the input "${id}"`);
  if (question.submitters.length > 0 && !question.submitters.includes(user)) {
    throw new JenkinsError(403, `the input "${id}" is for ${question.submitters.join(', ')} to answer`);
  }
  const form = await exchange.form();
  const proceed = action === 'proceedEmpty' || (action === 'submit' && !form.has('abort'));
  if (!proceed && action !== 'abort' && action !== 'submit') throw notFound('this page');
  inputs.answer(id, proceed, user, proceed ? valuesOf(form.get('json'), form) : {});
  return redirect(pathOf(build));
}

/** The values of an input's form: `json={"parameter":[{"name":…,"value":…}]}`, or plain fields. */
function valuesOf(encoded: string | null, form: URLSearchParams): Record<string, PipelineValue> {
  const values: Record<string, PipelineValue> = {};
  for (const [name, value] of form)
    if (!['json', 'Jenkins-Crumb', 'proceed'].includes(name)) values[name] = value;
  const parsed = parseRecord(encoded);
  const list = parsed?.['parameter'];
  for (const one of Array.isArray(list) ? (list as unknown[]) : list === undefined ? [] : [list]) {
    if (typeof one !== 'object' || one === null) continue;
    const { name, value } = one as { name?: unknown; value?: PipelineValue };
    if (typeof name === 'string' && value !== undefined) values[name] = value;
  }
  return values;
}

function mainScriptOf(encoded: string | null): string | undefined {
  const script = parseRecord(encoded)?.['mainScript'];
  return typeof script === 'string' ? script : undefined;
}

function parseRecord(encoded: string | null): Record<string, unknown> | undefined {
  if (encoded === null) return undefined;
  try {
    const value: unknown = JSON.parse(encoded);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    throw new JenkinsError(400, 'the field "json" is not JSON');
  }
}

function logOf(site: Exchange['site'], build: BuildRecord): string {
  return logFile(site.store.buildFolder(build.pipeline, build.number));
}

function pathOf(build: BuildRecord): string {
  return `${itemPath(build.pipeline)}${build.number}/`;
}
