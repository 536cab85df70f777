import { setTimeout as delay } from 'node:timers/promises';
import { basicAuthorization } from '../lib/http/auth.ts';
import {
  createHttp,
  encodePath,
  hasStatus,
  orUndefined,
  type HttpRequest,
  type HttpResponse,
} from './http.ts';
import { credentialXml, type Credential } from './jenkins-xml.ts';

export { multibranchConfig, type Credential } from './jenkins-xml.ts';

/** A job by the names of its folders and itself: `['storefront', 'main']` is the job of a branch (see `branchJob`). */
export type JobPath = readonly string[];

/** The job that a multibranch job keeps for a branch; Jenkins encodes what may not stand in a job's name (`feature%2Fx`). */
export function branchJob(multibranch: string, branch: string): JobPath {
  return [multibranch, encodeBranch(branch)];
}

/** The name of a branch's job: what could part a URL is percent-encoded, and nothing else (branch-api's NameEncoder). */
export function encodeBranch(branch: string): string {
  return branch.replaceAll(
    /[#%/?[\]\\]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export type BuildResult = 'SUCCESS' | 'UNSTABLE' | 'FAILURE' | 'NOT_BUILT' | 'ABORTED';

/** What a build has checked out of one repository. */
interface Checkout {
  readonly revision: string;
  readonly branch: string | undefined;
  readonly remoteUrls: readonly string[];
}

export interface Build {
  readonly number: number;
  readonly url: string;
  readonly fullDisplayName: string;
  readonly building: boolean;
  /** Null while it is building. */
  readonly result: BuildResult | null;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Milliseconds; 0 while it is building. */
  readonly duration: number;
  readonly queueId: number;
  /** In the order of the checkouts: that of a shared library comes before that of the job's own repository (see `revisionOf`). */
  readonly checkouts: readonly Checkout[];
  /** Why it was started, as sentences. */
  readonly causes: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly artifacts: readonly { readonly fileName: string; readonly relativePath: string }[];
}

export interface Job {
  /** As it stands in a JobPath: encoded where it is the job of a branch. */
  readonly name: string;
  /** The name decoded: what the branch is called in git, below a multibranch job. */
  readonly branch: string;
  readonly url: string;
  /** `blue`, `red_anime`, `notbuilt`, `disabled`, …; undefined for folders. */
  readonly color: string | undefined;
  readonly lastBuild: { readonly number: number; readonly result: BuildResult | null } | undefined;
}

/** A stage as the Pipeline REST API plugin tells it. */
export interface Stage {
  readonly id: string;
  readonly name: string;
  readonly status:
    'SUCCESS' | 'FAILED' | 'UNSTABLE' | 'ABORTED' | 'NOT_EXECUTED' | 'IN_PROGRESS' | 'PAUSED_PENDING_INPUT';
  readonly startTimeMillis: number;
  readonly durationMillis: number;
  readonly error: string | undefined;
}

export interface QueueItem {
  readonly id: number;
  readonly why: string | null;
  readonly cancelled: boolean;
  /** The build that the item became. */
  readonly build: { readonly number: number; readonly url: string } | undefined;
}

export interface PendingInput {
  readonly id: string;
  readonly message: string;
}

export interface JenkinsSettings {
  readonly url: string;
  readonly username: string;
  /** A password or an API token; with a password every POST carries a crumb. */
  readonly password: string;
}

/** A build by its number, or one of the permalinks. */
export type BuildRef =
  number | 'lastBuild' | 'lastCompletedBuild' | 'lastSuccessfulBuild' | 'lastFailedBuild';

export type Jenkins = ReturnType<typeof createJenkins>;

const BUILD_FIELDS =
  'number,url,fullDisplayName,building,result,timestamp,duration,queueId,artifacts[fileName,relativePath],' +
  'actions[causes[shortDescription],parameters[name,value],lastBuiltRevision[SHA1,branch[name]],remoteUrls]';
const CREDENTIALS = 'credentials/store/system/domain/_';

/**
 * The remote API of Jenkins, with the plugins that pipelines use.
 * Every call throws HttpStatusError when the server says no; "not there" is undefined only where the type says so.
 */
export function createJenkins({ url, username, password }: JenkinsSettings) {
  const http = createHttp({ baseUrl: url, authorization: basicAuthorization(username, password) });
  let crumb: Promise<Readonly<Record<string, string>>> | undefined;

  async function fetchCrumb(): Promise<Readonly<Record<string, string>>> {
    const response = await http.request('GET', 'crumbIssuer/api/json', { accept: [404] });
    // Crumbs are switched off on some servers.
    if (response.status === 404) return {};
    const { crumb, crumbRequestField } = response.json<{ crumb: string; crumbRequestField: string }>();
    const cookie = (response.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
    return { [crumbRequestField]: crumb, ...(cookie === '' ? {} : { cookie }) };
  }

  async function post(path: string, options: HttpRequest = {}): Promise<HttpResponse> {
    const send = async () => {
      const held = (crumb ??= fetchCrumb());
      try {
        const headers = { ...(await held), ...options.headers };
        return await http.request('POST', path, { follow: false, accept: [302, 303], ...options, headers });
      } catch (error) {
        if (crumb === held) crumb = undefined;
        throw error;
      }
    };
    try {
      return await send();
    } catch (error) {
      // A crumb ends with its session, for example when the server was started again.
      if (hasStatus(error, 403) && /crumb/i.test(error.body)) return send();
      throw error;
    }
  }

  const form = (fields: Readonly<Record<string, string>>): HttpRequest => ({
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });
  const xml = (body: string): HttpRequest => ({
    headers: { 'content-type': 'application/xml; charset=utf-8' },
    body,
  });

  async function logChunk(job: JobPath, build: BuildRef, start: number) {
    const response = await http.request('GET', `${buildPath(job, build)}/logText/progressiveText`, {
      query: { start },
    });
    const more = response.headers['x-more-data'] === 'true';
    const { text, held } = readableLog(response.text(), more);
    return { text, next: Number(response.headers['x-text-size'] ?? start) - held, more };
  }

  async function replaceCredential(credential: Credential): Promise<void> {
    await post(
      `${CREDENTIALS}/credential/${encodeURIComponent(credential.id)}/config.xml`,
      xml(credentialXml(credential)),
    );
  }

  async function hasCredential(id: string): Promise<boolean> {
    const path = `${CREDENTIALS}/credential/${encodeURIComponent(id)}/api/json`;
    return (await http.request('GET', path, { accept: [404] })).status !== 404;
  }

  async function createJob(name: string, configXml: string): Promise<void> {
    await post('createItem', { ...xml(configXml), query: { name } });
  }

  return {
    url: http.baseUrl,

    /** The version of Jenkins that the server says it is, from the `X-Jenkins` header. */
    async version(): Promise<string> {
      const { headers } = await http.request('GET', 'login', { accept: [403, 404] });
      return String(headers['x-jenkins'] ?? '');
    },

    whoAmI: () =>
      http.json<{ name: string; anonymous: boolean; authenticated: boolean }>('GET', 'whoAmI/api/json'),

    createJob,

    jobConfig: (job: JobPath): Promise<string | undefined> =>
      orUndefined(http.request('GET', `${jobPath(job)}/config.xml`).then((response) => response.text())),

    async updateJob(job: JobPath, configXml: string): Promise<void> {
      await post(`${jobPath(job)}/config.xml`, xml(configXml));
    },

    /** Creates the top-level job, or gives it this configuration. Its builds stay. */
    async ensureJob(name: string, configXml: string): Promise<void> {
      const there = await http.request('GET', `${jobPath([name])}/api/json`, {
        query: { tree: 'name' },
        accept: [404],
      });
      if (there.status === 404) await createJob(name, configXml);
      else await post(`${jobPath([name])}/config.xml`, xml(configXml));
    },

    /** Deletes a job with its builds; one that is not there is no error. */
    async deleteJob(job: JobPath): Promise<void> {
      await post(`${jobPath(job)}/doDelete`, { accept: [302, 303, 404] });
    },

    /** Looks for branches now, and builds new heads. */
    async scan(multibranch: string): Promise<void> {
      await post(`${jobPath([multibranch])}/build`, { query: { delay: '0' } });
    },

    /** The jobs below a folder or multibranch job, or the top-level jobs; undefined when there is no such folder. */
    async jobs(folder: JobPath = []): Promise<Job[] | undefined> {
      type Raw = {
        name: string;
        url: string;
        color?: string;
        lastBuild?: { number: number; result: BuildResult | null } | null;
      };
      const query = { tree: 'jobs[name,url,color,lastBuild[number,result]]' };
      const answer = await orUndefined(
        http.json<{ jobs?: Raw[] }>('GET', `${jobPath(folder)}/api/json`, { query }),
      );
      return answer?.jobs?.map(({ name, url, color, lastBuild }) => ({
        name,
        branch: decodeURIComponent(name),
        url,
        color,
        lastBuild: lastBuild ?? undefined,
      }));
    },

    /** Newest first; undefined when there is no such job. */
    async builds(job: JobPath, limit = 20): Promise<Build[] | undefined> {
      const query = { tree: `builds[${BUILD_FIELDS}]{0,${limit}}` };
      const answer = await orUndefined(
        http.json<{ builds?: RawBuild[] }>('GET', `${jobPath(job)}/api/json`, { query }),
      );
      return answer === undefined ? undefined : (answer.builds ?? []).map(toBuild);
    },

    async build(job: JobPath, build: BuildRef): Promise<Build | undefined> {
      const answer = http.json<RawBuild>('GET', `${buildPath(job, build)}/api/json`, {
        query: { tree: BUILD_FIELDS },
      });
      const raw = await orUndefined(answer);
      return raw === undefined ? undefined : toBuild(raw);
    },

    /** Queues a build and gives the id of its queue item. */
    async trigger(job: JobPath, parameters?: Readonly<Record<string, string>>): Promise<number> {
      const response =
        parameters === undefined
          ? await post(`${jobPath(job)}/build`, { query: { delay: '0sec' } })
          : await post(`${jobPath(job)}/buildWithParameters`, {
              ...form(parameters),
              query: { delay: '0sec' },
            });
      return queueIdOf(response);
    },

    async queueItem(id: number): Promise<QueueItem | undefined> {
      type Raw = {
        id: number;
        why?: string | null;
        cancelled?: boolean;
        executable?: { number: number; url: string } | null;
      };
      const raw = await orUndefined(http.json<Raw>('GET', `queue/item/${id}/api/json`));
      if (raw === undefined) return undefined;
      const { why = null, cancelled = false, executable } = raw;
      return { id: raw.id, why, cancelled, build: executable ?? undefined };
    },

    /** The ids of what waits to be built below a folder or multibranch job, oldest first. */
    async queue(folder: JobPath = []): Promise<number[]> {
      type Raw = { id: number; task?: { url?: string } | null };
      const { items = [] } = await http.json<{ items?: Raw[] }>('GET', 'queue/api/json', {
        query: { tree: 'items[id,task[url]]' },
      });
      const below = folder.length === 0 ? '' : `/${jobPath(folder)}/`;
      return items
        .filter(({ task }) => below === '' || (task?.url ?? '').includes(below))
        .map(({ id }) => id)
        .sort((one, other) => one - other);
    },

    /** Takes an item out of the queue; one that has become a build (answered with 500), or is not there, is no error. */
    async cancelQueueItem(id: number): Promise<void> {
      await post('queue/cancelItem', { query: { id }, accept: [204, 302, 303, 404, 422, 500] });
    },

    async console(job: JobPath, build: BuildRef): Promise<string> {
      return (await http.request('GET', `${buildPath(job, build)}/consoleText`)).text();
    },

    logChunk,

    /** The log of a build from its beginning, as it grows, until the build is over. */
    async *followLog(job: JobPath, build: BuildRef, signal?: AbortSignal): AsyncGenerator<string, void> {
      for (let start = 0; ;) {
        const { text, next, more } = await logChunk(job, build, start);
        if (text !== '') yield text;
        if (!more) return;
        start = next;
        await delay(200, undefined, signal === undefined ? {} : { signal });
      }
    },

    async stop(job: JobPath, build: BuildRef): Promise<void> {
      await post(`${buildPath(job, build)}/stop`);
    },

    /** Runs a build again with the pipeline text given; the build's own one when it is absent. */
    async replay(job: JobPath, build: number, mainScript?: string): Promise<void> {
      if (mainScript === undefined) {
        await post(`${buildPath(job, build)}/replay/rebuild`, form({ json: '{}' }));
      } else {
        await post(
          `${buildPath(job, build)}/replay/run`,
          form({ mainScript, json: JSON.stringify({ mainScript }) }),
        );
      }
    },

    async deleteBuild(job: JobPath, build: number): Promise<void> {
      await post(`${buildPath(job, build)}/doDelete`, { accept: [302, 303, 404] });
    },

    /** The stages of a build so far; undefined when there is no such build. */
    async stages(job: JobPath, build: BuildRef): Promise<Stage[] | undefined> {
      type Raw = Omit<Stage, 'error'> & { error?: { message: string } };
      const answer = await orUndefined(
        http.json<{ stages?: Raw[] }>('GET', `${buildPath(job, build)}/wfapi/describe`),
      );
      return answer?.stages?.map(({ id, name, status, startTimeMillis, durationMillis, error }) => ({
        id,
        name,
        status,
        startTimeMillis,
        // Jenkins takes the pauses off, and for a moment also one that has only just begun: then it is less than nothing.
        durationMillis: Math.max(0, durationMillis),
        error: error?.message,
      }));
    },

    /** The questions that a build waits for. */
    pendingInputs: (job: JobPath, build: BuildRef): Promise<PendingInput[]> =>
      http.json<PendingInput[]>('GET', `${buildPath(job, build)}/wfapi/pendingInputActions`),

    async answerInput(job: JobPath, build: BuildRef, id: string, answer: 'proceed' | 'abort'): Promise<void> {
      const action = answer === 'proceed' ? 'proceedEmpty' : 'abort';
      await post(`${buildPath(job, build)}/input/${encodeURIComponent(id)}/${action}`);
    },

    async artifact(job: JobPath, build: BuildRef, relativePath: string): Promise<Buffer | undefined> {
      const path = encodePath(relativePath);
      return (await orUndefined(http.request('GET', `${buildPath(job, build)}/artifact/${path}`)))?.body;
    },

    hasCredential,

    /** The ids of the credentials in the global domain. */
    async credentials(): Promise<string[]> {
      const { credentials = [] } = await http.json<{ credentials?: { id: string }[] }>(
        'GET',
        `${CREDENTIALS}/api/json`,
        { query: { tree: 'credentials[id]' } },
      );
      return credentials.map(({ id }) => id);
    },

    /** Creates a credential of the global domain, or replaces it. */
    async ensureCredential(credential: Credential): Promise<void> {
      if (await hasCredential(credential.id)) await replaceCredential(credential);
      else await post(`${CREDENTIALS}/createCredentials`, xml(credentialXml(credential)));
    },

    async deleteCredential(id: string): Promise<void> {
      await post(`${CREDENTIALS}/credential/${encodeURIComponent(id)}/doDelete`, { accept: [302, 303, 404] });
    },
  };
}

/** The commit that a build has checked out of a repository, by the end of its URL (`playground/storefront`). */
export function revisionOf(build: Build, repository: string): string | undefined {
  const wanted = repository.replace(/\.git$/, '');
  const checkout = build.checkouts.find(({ remoteUrls }) =>
    remoteUrls.some((url) => url.replace(/\/?(\.git)?\/?$/, '').endsWith(wanted)),
  );
  return checkout?.revision;
}

/** Of the actions with causes, the one that says why a build was ended. */
const INTERRUPTION = 'jenkins.model.InterruptedBuildAction';

interface RawBuild extends Omit<Build, 'checkouts' | 'causes' | 'parameters'> {
  readonly actions?: readonly (null | {
    readonly _class?: string;
    readonly causes?: readonly { readonly shortDescription: string }[];
    readonly parameters?: readonly { readonly name: string; readonly value?: unknown }[];
    readonly lastBuiltRevision?: {
      readonly SHA1: string;
      readonly branch?: readonly { readonly name: string }[];
    };
    readonly remoteUrls?: readonly string[];
  })[];
}

function toBuild(raw: RawBuild): Build {
  const actions = (raw.actions ?? []).filter((action) => action !== null);
  const checkouts = actions.flatMap(({ lastBuiltRevision, remoteUrls = [] }) =>
    lastBuiltRevision === undefined
      ? []
      : [{ revision: lastBuiltRevision.SHA1, branch: lastBuiltRevision.branch?.[0]?.name, remoteUrls }],
  );
  const parameters = actions.flatMap((action) => action.parameters ?? []);
  return {
    number: raw.number,
    url: raw.url,
    fullDisplayName: raw.fullDisplayName,
    building: raw.building,
    result: raw.result,
    timestamp: raw.timestamp,
    duration: raw.duration,
    queueId: raw.queueId,
    artifacts: raw.artifacts,
    checkouts,
    causes: actions
      .filter(({ _class }) => _class !== INTERRUPTION)
      .flatMap(({ causes = [] }) => causes.map((cause) => cause.shortDescription)),
    parameters: Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
  };
}

/** Notes that the pages of Jenkins make links of, in the raw log alone (hudson.console.ConsoleNote). */
const NOTE_BEGIN = '\u001b[8mha:';
const NOTE = /\u001b\[8mha:[^\u001b]*\u001b\[0m/g;

/** A part of a raw log as `consoleText` has it. @returns the text, and how many bytes at its end have to be read once more. */
function readableLog(raw: string, more: boolean): { text: string; held: number } {
  const rest = raw.replace(NOTE, '');
  const whole = more ? rest.slice(0, endOfWhole(rest)) : rest;
  return {
    text: whole.replaceAll('\r\n', '\n'),
    held: Buffer.byteLength(rest) - Buffer.byteLength(whole),
  };
}

/** Where a note, its beginning, or the end of a line is cut off, because the log has only grown to there; else the end. */
function endOfWhole(text: string): number {
  const open = text.indexOf(NOTE_BEGIN);
  if (open >= 0) return open;
  for (let length = NOTE_BEGIN.length - 1; length > 0; length -= 1) {
    if (text.endsWith(NOTE_BEGIN.slice(0, length))) return text.length - length;
  }
  return text.endsWith('\r') ? text.length - 1 : text.length;
}

function queueIdOf(response: HttpResponse): number {
  const id = /\/queue\/item\/(\d+)/.exec(response.headers.location ?? '')?.[1];
  if (id === undefined) throw new Error('the server queued a build without saying under which number');
  return Number(id);
}

function jobPath(job: JobPath): string {
  return job.map((name) => `job/${encodeURIComponent(name)}`).join('/');
}

function buildPath(job: JobPath, build: BuildRef): string {
  return `${jobPath(job)}/${build}`;
}
