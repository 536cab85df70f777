import type { JobConfig, LibraryConfig, ParameterDefinition, SourceConfig } from './model.ts';
import { JenkinsError } from './errors.ts';
import { remembered } from '../../lib/remembered.ts';
import { parseXml, type XmlElement } from './xml.ts';

const MULTIBRANCH = 'org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject';
const GITEA_SOURCE = 'org.jenkinsci.plugin.gitea.GiteaSCMSource';
const GIT_SOURCE = 'jenkins.plugins.git.GitSCMSource';

/**
 * Reads a job's `config.xml`: multibranch projects with a Gitea or Git source, and pipeline jobs with an inline script.
 * @throws JenkinsError 400 that says what this server cannot do, rather than leaving it out.
 */
export const parseJobConfig = remembered(32, (xml: string) => xml, readJobConfig);

function readJobConfig(xml: string): JobConfig {
  const root = parseXml(xml);
  const common = {
    displayName: root.textAt('displayName'),
    description: root.textAt('description') ?? '',
    disabled: root.textAt('disabled') === 'true',
    libraries: librariesOf(root),
  };
  switch (root.name) {
    case MULTIBRANCH:
      return {
        ...common,
        kind: 'multibranch',
        source: sourceOf(root),
        scriptPath: root.textAt('factory', 'scriptPath') ?? 'Jenkinsfile',
        scanInterval: Math.max(
          10_000,
          Number(
            root.textAt(
              'triggers',
              'com.cloudbees.hudson.plugins.folder.computed.PeriodicFolderTrigger',
              'interval',
            ) ?? 3_600_000,
          ) || 3_600_000,
        ),
      };
    case 'flow-definition':
      return { ...common, kind: 'pipeline', script: scriptOf(root), parameters: parametersOf(root) };
    default:
      throw new JenkinsError(
        400,
        `this server keeps multibranch projects (${MULTIBRANCH}) and pipeline jobs (flow-definition); it cannot keep a <${root.name.slice(0, 100)}>`,
      );
  }
}

/** The same document with `<disabled>` set. */
export function withDisabled(xml: string, disabled: boolean): string {
  const tag = `<disabled>${disabled}</disabled>`;
  if (/<disabled>(true|false)<\/disabled>/.test(xml))
    return xml.replace(/<disabled>(true|false)<\/disabled>/, tag);
  return xml.replace(/<\/([\w.-]+)>\s*$/, `  ${tag}\n</$1>\n`);
}

function sourceOf(root: XmlElement): SourceConfig {
  const sources = root.at('sources', 'data')?.children('jenkins.branch.BranchSource') ?? [];
  const source = sources[0]?.at('source');
  if (source === undefined) throw new JenkinsError(400, 'the multibranch project has no branch source');
  if (sources.length > 1) throw new JenkinsError(400, 'this server takes one branch source a project');
  const credentialsId = source.textAt('credentialsId');
  const traits = source.at('traits')?.children() ?? [];
  const has = (name: string) => traits.some((trait) => trait.name.endsWith(name));
  switch (source.attribute('class')) {
    case GITEA_SOURCE: {
      const serverUrl = required(source, 'serverUrl').replace(/\/+$/, '');
      const owner = required(source, 'repoOwner');
      const repository = required(source, 'repository');
      return {
        kind: 'gitea',
        remote: `${serverUrl}/${owner}/${repository}.git`,
        credentialsId,
        gitea: { serverUrl, owner, repository },
        branches: has('.BranchDiscoveryTrait'),
        pullRequests: has('.OriginPullRequestDiscoveryTrait'),
      };
    }
    case GIT_SOURCE:
      return {
        kind: 'git',
        remote: required(source, 'remote'),
        credentialsId,
        gitea: undefined,
        branches: true,
        pullRequests: false,
      };
    default:
      throw new JenkinsError(
        400,
        `this server reads branches from ${GITEA_SOURCE} or ${GIT_SOURCE}, not from ${source.attribute('class') ?? 'a source without class'}`,
      );
  }
}

function librariesOf(root: XmlElement): LibraryConfig[] {
  const configurations =
    root
      .at('properties', 'org.jenkinsci.plugins.workflow.libs.FolderLibraries', 'libraries')
      ?.children('org.jenkinsci.plugins.workflow.libs.LibraryConfiguration') ?? [];
  return configurations.map((configuration) => {
    const name = required(configuration, 'name');
    const scm = configuration.at('retriever', 'scm');
    const scmClass = scm?.attribute('class');
    const common = {
      name,
      credentialsId: scm?.textAt('credentialsId'),
      defaultVersion: configuration.textAt('defaultVersion') ?? '',
      implicit: configuration.textAt('implicit') === 'true',
      allowVersionOverride: configuration.textAt('allowVersionOverride') !== 'false',
    };
    if (scm !== undefined && scmClass === GIT_SOURCE) return { ...common, remote: required(scm, 'remote') };
    if (scm !== undefined && scmClass === GITEA_SOURCE) {
      const server = required(scm, 'serverUrl').replace(/\/+$/, '');
      return {
        ...common,
        remote: `${server}/${required(scm, 'repoOwner')}/${required(scm, 'repository')}.git`,
      };
    }
    const url = scm?.textAt('userRemoteConfigs', 'hudson.plugins.git.UserRemoteConfig', 'url');
    if (url !== undefined) return { ...common, remote: url };
    throw new JenkinsError(400, `the library "${name}" needs a retriever with a git source`);
  });
}

function scriptOf(root: XmlElement): string {
  const definition = root.at('definition');
  const kind = definition?.attribute('class') ?? '';
  if (definition === undefined || !kind.endsWith('.CpsFlowDefinition')) {
    throw new JenkinsError(
      400,
      `a pipeline job needs its script in the definition (CpsFlowDefinition)${kind === '' ? '' : `, not ${kind}`}; use a multibranch project for a script that lies in git`,
    );
  }
  return definition.at('script')?.rawText ?? '';
}

function parametersOf(root: XmlElement): ParameterDefinition[] {
  const definitions =
    root.at('properties', 'hudson.model.ParametersDefinitionProperty', 'parameterDefinitions')?.children() ??
    [];
  return definitions.map((definition) => {
    const type = definition.name.split('.').at(-1) ?? definition.name;
    const text = definition.at('defaultValue')?.rawText ?? '';
    const choices =
      definition
        .at('choices', 'a')
        ?.children('string')
        .map((choice) => choice.text) ??
      definition
        .at('choices')
        ?.children('string')
        .map((choice) => choice.text);
    return {
      name: required(definition, 'name'),
      type,
      description: definition.textAt('description') ?? '',
      defaultValue: type === 'BooleanParameterDefinition' ? text === 'true' : (choices?.[0] ?? text),
      ...(choices === undefined ? {} : { choices }),
    };
  });
}

function required(element: XmlElement, name: string): string {
  const text = element.textAt(name);
  if (text === undefined) throw new JenkinsError(400, `<${name}> is missing in <${element.name}>`);
  return text;
}
