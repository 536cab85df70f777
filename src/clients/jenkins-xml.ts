/**
 * The XML documents that Jenkins takes for jobs and credentials, as pure functions. Element and class names are those of the
 * plugins: workflow-multibranch, branch-api, gitea, git, workflow-cps-global-lib (pipeline-groovy-lib), credentials, plain-credentials.
 */

/** A repository on a Gitea server, as the gitea plugin knows it. */
interface GiteaSource {
  /** Must be one of the servers that Jenkins knows. */
  readonly serverUrl: string;
  readonly owner: string;
  readonly repository: string;
  readonly credentialsId?: string;
  /** Also build pull requests (as jobs `PR-<n>`), not only branches. */
  readonly pullRequests?: boolean;
}

/** A shared library that a job's pipelines may load, configured with the job itself. */
interface SharedLibrary {
  readonly name: string;
  readonly remote: string;
  /** Branch, tag or commit that `@Library('name')` means. */
  readonly defaultVersion: string;
  /** Loaded before every pipeline of the job, without `@Library`. */
  readonly implicit: boolean;
  readonly credentialsId?: string;
}

export interface MultibranchJob {
  readonly displayName?: string;
  readonly description?: string;
  readonly source: GiteaSource | { readonly remote: string; readonly credentialsId?: string };
  /** Path of the pipeline in the repository; `Jenkinsfile` unless told. */
  readonly scriptPath?: string;
  readonly libraries?: readonly SharedLibrary[];
  /** Milliseconds between two scans when no webhook arrives; one hour unless told. */
  readonly scanInterval?: number;
}

export type Credential =
  | {
      readonly kind: 'usernamePassword';
      readonly id: string;
      readonly username: string;
      readonly password: string;
      readonly description?: string;
    }
  | { readonly kind: 'string'; readonly id: string; readonly secret: string; readonly description?: string }
  | {
      readonly kind: 'file';
      readonly id: string;
      readonly fileName: string;
      readonly content: string | Uint8Array;
      readonly description?: string;
    };

/** The `config.xml` of a multibranch pipeline job. */
export function multibranchConfig(job: MultibranchJob): string {
  const { description = '', displayName, source, libraries = [], scriptPath = 'Jenkinsfile' } = job;
  const scanInterval = job.scanInterval ?? 3_600_000;
  const project = 'org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject';
  return `<?xml version='1.1' encoding='UTF-8'?>
<${project} plugin="workflow-multibranch">
  <actions/>
  <description>${escapeXml(description)}</description>
  ${displayName === undefined ? '' : `<displayName>${escapeXml(displayName)}</displayName>`}
  <properties>${libraries.length === 0 ? '' : folderLibraries(libraries)}</properties>
  <orphanedItemStrategy class="com.cloudbees.hudson.plugins.folder.computed.DefaultOrphanedItemStrategy" plugin="cloudbees-folder">
    <pruneDeadBranches>true</pruneDeadBranches>
    <daysToKeep>-1</daysToKeep>
    <numToKeep>20</numToKeep>
  </orphanedItemStrategy>
  <triggers>
    <com.cloudbees.hudson.plugins.folder.computed.PeriodicFolderTrigger plugin="cloudbees-folder">
      <spec>H H * * *</spec>
      <interval>${scanInterval}</interval>
    </com.cloudbees.hudson.plugins.folder.computed.PeriodicFolderTrigger>
  </triggers>
  <disabled>false</disabled>
  <sources class="jenkins.branch.MultiBranchProject$BranchSourceList" plugin="branch-api">
    <data>
      <jenkins.branch.BranchSource>
        ${'remote' in source ? gitSource('source', source) : giteaSource(source)}
        <strategy class="jenkins.branch.DefaultBranchPropertyStrategy">
          <properties class="empty-list"/>
        </strategy>
      </jenkins.branch.BranchSource>
    </data>
    <owner class="${project}" reference="../.."/>
  </sources>
  <factory class="org.jenkinsci.plugins.workflow.multibranch.WorkflowBranchProjectFactory">
    <owner class="${project}" reference="../.."/>
    <scriptPath>${escapeXml(scriptPath)}</scriptPath>
  </factory>
</${project}>
`;
}

/** The document that creates or replaces a credential of the global domain. */
export function credentialXml(credential: Credential): string {
  const common = `<scope>GLOBAL</scope><id>${escapeXml(credential.id)}</id><description>${escapeXml(credential.description ?? '')}</description>`;
  switch (credential.kind) {
    case 'usernamePassword':
      return element(
        'com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl',
        `${common}<username>${escapeXml(credential.username)}</username><password>${escapeXml(credential.password)}</password><usernameSecret>false</usernameSecret>`,
      );
    case 'string':
      return element(
        'org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl',
        `${common}<secret>${escapeXml(credential.secret)}</secret>`,
      );
    case 'file':
      return element(
        'org.jenkinsci.plugins.plaincredentials.impl.FileCredentialsImpl',
        `${common}<fileName>${escapeXml(credential.fileName)}</fileName><secretBytes>${Buffer.from(credential.content).toString('base64')}</secretBytes>`,
      );
  }
}

function giteaSource(source: GiteaSource): string {
  const pullRequests = source.pullRequests
    ? '<org.jenkinsci.plugin.gitea.OriginPullRequestDiscoveryTrait><strategyId>1</strategyId></org.jenkinsci.plugin.gitea.OriginPullRequestDiscoveryTrait>'
    : '';
  // Strategy 3: all branches. Strategy 1 leaves branches to their pull requests, where those are discovered.
  return `<source class="org.jenkinsci.plugin.gitea.GiteaSCMSource" plugin="gitea">
          <id>${escapeXml(`${source.owner}-${source.repository}`)}</id>
          <serverUrl>${escapeXml(source.serverUrl)}</serverUrl>
          <repoOwner>${escapeXml(source.owner)}</repoOwner>
          <repository>${escapeXml(source.repository)}</repository>
          ${optional('credentialsId', source.credentialsId)}
          <traits>
            <org.jenkinsci.plugin.gitea.BranchDiscoveryTrait>
              <strategyId>${source.pullRequests ? 1 : 3}</strategyId>
            </org.jenkinsci.plugin.gitea.BranchDiscoveryTrait>
            ${pullRequests}
          </traits>
        </source>`;
}

function gitSource(tag: string, source: { remote: string; credentialsId?: string }): string {
  return `<${tag} class="jenkins.plugins.git.GitSCMSource" plugin="git">
          <id>${escapeXml(source.remote)}</id>
          <remote>${escapeXml(source.remote)}</remote>
          <credentialsId>${escapeXml(source.credentialsId ?? '')}</credentialsId>
          <traits>
            <jenkins.plugins.git.traits.BranchDiscoveryTrait/>
          </traits>
        </${tag}>`;
}

function folderLibraries(libraries: readonly SharedLibrary[]): string {
  const configurations = libraries.map((library) =>
    element(
      'org.jenkinsci.plugins.workflow.libs.LibraryConfiguration',
      `<name>${escapeXml(library.name)}</name>
        <retriever class="org.jenkinsci.plugins.workflow.libs.SCMSourceRetriever">
          ${gitSource('scm', library)}
          <clone>false</clone>
        </retriever>
        <defaultVersion>${escapeXml(library.defaultVersion)}</defaultVersion>
        <implicit>${library.implicit}</implicit>
        <allowVersionOverride>true</allowVersionOverride>
        <includeInChangesets>false</includeInChangesets>`,
    ),
  );
  return `
    <org.jenkinsci.plugins.workflow.libs.FolderLibraries plugin="pipeline-groovy-lib">
      <libraries>${configurations.join('')}</libraries>
    </org.jenkinsci.plugins.workflow.libs.FolderLibraries>
  `;
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : element(name, escapeXml(value));
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
