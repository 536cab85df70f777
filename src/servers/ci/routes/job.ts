import { readFile } from 'node:fs/promises';
import { renderJson } from '../api-json.ts';
import { parameterDefinition } from '../beans.ts';
import { parseJobConfig, withDisabled } from '../config-xml.ts';
import { JenkinsError } from '../errors.ts';
import type { JobRecord, PipelineRecord } from '../model.ts';
import { itemPath } from '../names.ts';
import { multibranchPage } from '../pages/multibranch.ts';
import { pipelinePage } from '../pages/pipeline.ts';
import type { PipelineValue } from '../pipeline/host.ts';
import { valueText } from '../steps/arguments.ts';
import { escapeXml } from '../xml.ts';
import { describeRun } from './stages.ts';
import { saveJob } from './root.ts';
import {
  created,
  html,
  json,
  redirect,
  text,
  xml,
  type Exchange,
  type Reply,
  type Routes,
} from './exchange.ts';

/** Fields of a build request that are no parameters. */
const NO_PARAMETERS = [
  'delay',
  'token',
  'cause',
  'json',
  'Jenkins-Crumb',
  'Submit',
  'statusCode',
  'redirectTo',
];

/** A multibranch project. */
export const multibranchRoutes: Routes<JobRecord> = {
  'GET ': (exchange, job) => html(multibranchPage(exchange, job)),
  'GET api/json': ({ site, query }, job) => json(renderJson(site.beans.job(job), query)),
  ...configRoutes(),
  'POST build': startScan,
  'POST indexing/build': startScan,
  'GET indexing/consoleText': async ({ site }, job) =>
    text(await readFile(site.indexingLog(job.name), 'utf8').catch(() => '')),
};

/** Something that can be built: the job of a branch, or a pipeline job. */
export const pipelineRoutes: Routes<PipelineRecord> = {
  'GET ': (exchange, pipeline) => html(pipelinePage(exchange, pipeline)),
  'GET api/json': ({ site, query }, pipeline) => json(renderJson(site.beans.pipeline(pipeline), query)),
  'GET wfapi/runs': ({ site }, { fullName }) =>
    json(
      site.store
        .builds(fullName)
        .slice(0, 10)
        .map((build) => describeRun(site, build)),
    ),
  'GET wfapi/describe': ({ site }, { fullName }) =>
    json({
      _links: { self: { href: `${itemPath(fullName)}wfapi/describe` } },
      name: fullName.split('/').at(-1),
      runCount: site.store.builds(fullName).length,
    }),
  'POST build': build,
  'POST buildWithParameters': build,
  'GET config.xml': ({ site }, pipeline) => {
    const job = site.store.job(pipeline.fullName);
    return xml(job?.configXml ?? branchConfig(pipeline));
  },
  'POST config.xml': async (exchange, { fullName }) => {
    if (exchange.site.store.job(fullName) === undefined) throw belongsToMultibranch();
    saveJob(exchange.site, fullName, await exchange.text());
    return { status: 200 };
  },
  'POST doDelete': async ({ site }, { fullName, multibranch }) => {
    if (multibranch !== undefined) throw belongsToMultibranch();
    await site.deleteJob(fullName);
    return redirect('/');
  },
  'POST enable': ({ site }, pipeline) => setDisabled(site, pipeline, false),
  'POST disable': ({ site }, pipeline) => setDisabled(site, pipeline, true),
};

function configRoutes(): Routes<JobRecord> {
  const change =
    (disabled: boolean) =>
    ({ site }: Exchange, { name, configXml }: JobRecord) => {
      saveJob(site, name, withDisabled(configXml, disabled));
      return redirect(itemPath(name));
    };
  return {
    'GET config.xml': (_exchange, { configXml }) => xml(configXml),
    'POST config.xml': async (exchange, { name }) => {
      saveJob(exchange.site, name, await exchange.text());
      return { status: 200 };
    },
    'POST doDelete': async ({ site }, { name }) => {
      await site.deleteJob(name);
      return redirect('/');
    },
    'POST enable': change(false),
    'POST disable': change(true),
  };
}

function startScan({ site, user }: Exchange, { name, configXml }: JobRecord): Reply {
  if (parseJobConfig(configXml).disabled) throw new JenkinsError(409, `${name} is disabled`);
  void site.multibranch.scan(name, `Started by user ${user}`);
  return redirect(itemPath(name));
}

async function build(exchange: Exchange, pipeline: PipelineRecord): Promise<Reply> {
  const { site, user } = exchange;
  if (pipeline.disabled || pipeline.retired)
    throw new JenkinsError(409, `${pipeline.fullName} is not buildable`);
  const fields = new URLSearchParams([...exchange.query, ...(await exchange.form())]);
  const parameters: Record<string, PipelineValue> = {};
  for (const [name, value] of fields) if (!NO_PARAMETERS.includes(name)) parameters[name] = value;
  checkParameters(pipeline, parameters);
  const item = site.queue.schedule(pipeline.fullName, {
    revision: pipeline.head?.revision,
    parameters,
    cause: { kind: 'user', description: `Started by user ${user}`, userId: user },
  });
  return created(`${site.rootUrl}queue/item/${item.id}/`);
}

/** Only parameters that the pipeline defines reach it, as on Jenkins since SECURITY-170. */
function checkParameters(pipeline: PipelineRecord, given: Record<string, PipelineValue>): void {
  const definitions = pipeline.properties.parameters.map(parameterDefinition);
  for (const [name, value] of Object.entries(given)) {
    const definition = definitions.find((one) => one['name'] === name);
    if (definition === undefined) {
      delete given[name];
      continue;
    }
    const choices = definition['choices'];
    if (Array.isArray(choices) && !choices.includes(value)) {
      throw new JenkinsError(400, `Illegal choice for parameter ${name}: ${valueText(value)}`);
    }
  }
}

function setDisabled(site: Exchange['site'], pipeline: PipelineRecord, disabled: boolean): Reply {
  const job = site.store.job(pipeline.fullName);
  if (job === undefined) throw belongsToMultibranch();
  saveJob(site, job.name, withDisabled(job.configXml, disabled));
  return redirect(itemPath(job.name));
}

function belongsToMultibranch(): JenkinsError {
  return new JenkinsError(403, 'the job of a branch belongs to its multibranch project');
}

function branchConfig({ fullName, head }: PipelineRecord): string {
  return `<?xml version='1.1' encoding='UTF-8'?>
<flow-definition>
  <properties>
    <org.jenkinsci.plugins.workflow.multibranch.BranchJobProperty>
      <branch class="jenkins.branch.Branch">
        <head><name>${escapeXml(head?.name ?? fullName)}</name></head>
      </branch>
    </org.jenkinsci.plugins.workflow.multibranch.BranchJobProperty>
  </properties>
  <definition class="org.jenkinsci.plugins.workflow.multibranch.SCMBinder"/>
</flow-definition>
`;
}
