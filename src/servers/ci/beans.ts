import type { Builds } from './builds/builds.ts';
import { plain, type Bean, type BeanValue } from './api-json.ts';
import { parseJobConfig } from './config-xml.ts';
import { fullDisplayName } from './environment.ts';
import type {
  BuildRecord,
  Cause,
  JobRecord,
  ParameterDefinition,
  PipelineRecord,
  QueueItem,
} from './model.ts';
import type { Multibranch } from './multibranch.ts';
import { itemPath, shortName } from './names.ts';
import type { Queue } from './queue.ts';
import { valueText } from './steps/arguments.ts';
import type { Store } from './store.ts';
import type { Workspaces } from './workspace.ts';

export interface BeanParts {
  readonly store: Store;
  readonly queue: Queue;
  readonly builds: Builds;
  readonly workspaces: Workspaces;
  readonly multibranch: Multibranch;
  /** With a slash at its end. */
  readonly rootUrl: string;
}

const CAUSE_CLASSES: Readonly<Record<Cause['kind'], string>> = {
  user: 'hudson.model.Cause$UserIdCause',
  'branch-indexing': 'jenkins.branch.BranchIndexingCause',
  'branch-event': 'jenkins.branch.BranchEventCause',
  replay: 'org.jenkinsci.plugins.workflow.cps.replay.ReplayCause',
  rebuild: 'org.jenkinsci.plugins.workflow.cps.replay.ReplayCause',
  restart: 'hudson.model.Cause',
  upstream: 'hudson.model.Cause$UpstreamCause',
};
const COLORS = {
  SUCCESS: 'blue',
  UNSTABLE: 'yellow',
  FAILURE: 'red',
  ABORTED: 'aborted',
  NOT_BUILT: 'notbuilt',
} as const;

/** The permalinks of a job: which of its builds each one means, newest first. */
export const PERMALINKS: Readonly<Record<string, (build: BuildRecord) => boolean>> = {
  lastBuild: () => true,
  lastCompletedBuild: ({ building }) => !building,
  lastSuccessfulBuild: ({ result }) => result === 'SUCCESS' || result === 'UNSTABLE',
  lastStableBuild: ({ result }) => result === 'SUCCESS',
  lastUnstableBuild: ({ result }) => result === 'UNSTABLE',
  lastFailedBuild: ({ result }) => result === 'FAILURE',
  lastUnsuccessfulBuild: ({ building, result }) => !building && result !== 'SUCCESS',
};

/** What the server has, as objects of the remote API. */
export class Beans {
  readonly #parts: BeanParts;

  constructor(parts: BeanParts) {
    this.#parts = parts;
  }

  urlOf(fullName: string): string {
    return `${this.#parts.rootUrl.replace(/\/$/, '')}${itemPath(fullName)}`;
  }

  root(): Bean {
    const { store, rootUrl, workspaces } = this.#parts;
    return {
      class: 'hudson.model.Hudson',
      brief: {
        mode: 'NORMAL',
        nodeDescription: "the Jenkins controller's built-in node",
        nodeName: '',
        numExecutors: workspaces.executors,
        description: null,
        url: rootUrl,
        useCrumbs: true,
        useSecurity: true,
        quietingDown: false,
        slaveAgentPort: -1,
        views: [plain({ _class: 'hudson.model.AllView', name: 'all', url: rootUrl })],
        primaryView: plain({ _class: 'hudson.model.AllView', name: 'all', url: rootUrl }),
        jobs: () => store.jobs().map((job) => this.job(job)),
      },
    };
  }

  job(job: JobRecord): Bean {
    const { store } = this.#parts;
    const config = parseJobConfig(job.configXml);
    if (config.kind === 'pipeline') {
      const pipeline = store.pipeline(job.name);
      if (pipeline !== undefined) return this.pipeline(pipeline);
    }
    const pipelines = () => store.pipelinesOf(job.name);
    return {
      class: 'org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject',
      brief: { name: job.name, url: this.urlOf(job.name) },
      more: () => ({
        fullName: job.name,
        displayName: config.displayName ?? job.name,
        fullDisplayName: config.displayName ?? job.name,
        description: config.description,
        disabled: config.disabled,
        healthReport: [],
        jobs: () => pipelines().map((pipeline) => this.pipeline(pipeline)),
        primaryView: plain({
          _class: 'jenkins.branch.MultiBranchProjectViewHolder$ViewImpl',
          name: 'default',
          url: this.urlOf(job.name),
        }),
        views: [],
        sources: [],
      }),
    };
  }

  pipeline(pipeline: PipelineRecord): Bean {
    const { store, queue } = this.#parts;
    const { fullName } = pipeline;
    const builds = () => store.builds(fullName);
    const name = fullName.split('/').at(-1) ?? fullName;
    const item = () => store.queue().find((one) => one.pipeline === fullName);
    const permalinks = Object.fromEntries(
      Object.entries(PERMALINKS).map(([link, wanted]): [string, BeanValue] => [
        link,
        () => {
          const found = builds().find(wanted);
          return found === undefined ? null : this.build(found);
        },
      ]),
    );
    return {
      class: 'org.jenkinsci.plugins.workflow.job.WorkflowJob',
      brief: { name, url: this.urlOf(fullName), color: () => this.#color(pipeline) },
      more: () => ({
        fullName,
        displayName: shortName(fullName),
        fullDisplayName: fullName.split('/').map(shortName).join(' » '),
        description: pipeline.head?.pullRequest?.title ?? null,
        buildable: !pipeline.disabled && !pipeline.retired,
        disabled: pipeline.disabled || pipeline.retired,
        concurrentBuild: !pipeline.properties.disableConcurrentBuilds,
        inQueue: () => item() !== undefined,
        queueItem: () => {
          const waiting = item();
          return waiting === undefined ? null : this.queueItem(waiting, queue.why(waiting));
        },
        keepDependencies: false,
        nextBuildNumber: pipeline.nextNumber,
        resumeBlocked: false,
        builds: () => builds().map((build) => this.build(build)),
        firstBuild: () => {
          const first = builds().at(-1);
          return first === undefined ? null : this.build(first);
        },
        ...permalinks,
        healthReport: [],
        actions: [],
        property:
          pipeline.properties.parameters.length === 0
            ? []
            : [
                plain({
                  _class: 'hudson.model.ParametersDefinitionProperty',
                  parameterDefinitions: pipeline.properties.parameters.map(parameterDefinition),
                }),
              ],
      }),
    };
  }

  build(build: BuildRecord): Bean {
    const { builds } = this.#parts;
    const url = `${this.urlOf(build.pipeline)}${build.number}/`;
    return {
      class: 'org.jenkinsci.plugins.workflow.job.WorkflowRun',
      brief: { number: build.number, url },
      more: () => ({
        id: String(build.number),
        queueId: build.queueId,
        displayName: build.displayName ?? `#${build.number}`,
        fullDisplayName: fullDisplayName(build),
        description: build.description ?? null,
        building: build.building,
        inProgress: build.building,
        result: build.result,
        timestamp: build.timestamp,
        duration: build.duration,
        estimatedDuration: () => this.#estimate(build),
        keepLog: false,
        executor: builds.running(build.pipeline, build.number) === undefined ? null : plain({}),
        artifacts: build.artifacts.map(({ path }) =>
          plain({ displayPath: path, fileName: path.split('/').at(-1), relativePath: path }),
        ),
        actions: () => actionsOf(build).map((action) => plain(action)),
        changeSets: [],
        culprits: [],
        nextBuild: () => this.#neighbour(build, 1),
        previousBuild: () => this.#neighbour(build, -1),
      }),
    };
  }

  queueItem(item: QueueItem, why: string | null, build?: BuildRecord, cancelled = false): Bean {
    const { store, rootUrl } = this.#parts;
    const left = build !== undefined || cancelled;
    const pipeline = store.pipeline(item.pipeline);
    return {
      class: left ? 'hudson.model.Queue$LeftItem' : 'hudson.model.Queue$BlockedItem',
      brief: {
        id: item.id,
        url: `queue/item/${item.id}/`,
        why,
        blocked: !left,
        buildable: false,
        stuck: false,
        inQueueSince: item.since,
        params: Object.entries(item.parameters)
          .map(([name, value]) => `\n${name}=${valueText(value)}`)
          .join(''),
        actions: [plain({ _class: 'hudson.model.CauseAction', causes: item.causes.map(causeOf) })],
        task: pipeline === undefined ? null : this.pipeline(pipeline),
        ...(left
          ? { cancelled, executable: build === undefined ? null : this.build(build) }
          : { buildableStartMilliseconds: item.since }),
      },
      more: () => ({ serverUrl: rootUrl }),
    };
  }

  computers(): Bean {
    const { workspaces } = this.#parts;
    return {
      class: 'hudson.model.ComputerSet',
      brief: {
        displayName: 'Nodes',
        busyExecutors: workspaces.busy,
        totalExecutors: workspaces.executors,
        computer: [this.computer()],
      },
    };
  }

  computer(): Bean {
    const { workspaces } = this.#parts;
    return {
      class: 'hudson.model.Hudson$MasterComputer',
      brief: {
        displayName: 'Built-In Node',
        description: "the Jenkins controller's built-in node",
        idle: workspaces.busy === 0,
        offline: false,
        temporarilyOffline: false,
        launchSupported: true,
        numExecutors: workspaces.executors,
        assignedLabels: [plain({ name: 'built-in' })],
      },
    };
  }

  #color(pipeline: PipelineRecord): string {
    if (pipeline.disabled || pipeline.retired) return 'disabled';
    const [newest, ...older] = this.#parts.store.builds(pipeline.fullName);
    const last = newest?.building === true ? older.find(({ building }) => !building) : newest;
    const color = last?.result == null ? 'notbuilt' : COLORS[last.result];
    return newest?.building === true ? `${color}_anime` : color;
  }

  #estimate(build: BuildRecord): number {
    const durations = this.#parts.store
      .builds(build.pipeline)
      .filter(({ result }) => result === 'SUCCESS')
      .slice(0, 3)
      .map(({ duration }) => duration);
    return durations.length === 0 ? -1 : Math.round(durations.reduce((a, b) => a + b, 0) / durations.length);
  }

  #neighbour(build: BuildRecord, step: 1 | -1): BeanValue {
    const builds = this.#parts.store.builds(build.pipeline);
    const neighbour = builds[builds.findIndex(({ number }) => number === build.number) - step];
    return neighbour === undefined
      ? null
      : plain({ number: neighbour.number, url: `${this.urlOf(build.pipeline)}${neighbour.number}/` });
  }
}

export function parameterDefinition(definition: ParameterDefinition): Record<string, unknown> {
  const { name, type, description, defaultValue, choices } = definition;
  return {
    _class: `hudson.model.${type}`,
    name,
    type,
    description,
    defaultParameterValue: { name, value: defaultValue },
    ...(choices === undefined ? {} : { choices }),
  };
}

function actionsOf(build: BuildRecord): Record<string, unknown>[] {
  const parameters = Object.entries(build.parameters);
  return [
    { _class: 'hudson.model.CauseAction', causes: build.causes.map(causeOf) },
    ...(parameters.length === 0
      ? []
      : [
          {
            _class: 'hudson.model.ParametersAction',
            parameters: parameters.map(([name, value]) => ({ name, value })),
          },
        ]),
    ...build.checkouts.map(({ remote, revision, branch }) => ({
      _class: 'hudson.plugins.git.util.BuildData',
      lastBuiltRevision: { SHA1: revision, branch: [{ SHA1: revision, name: branch }] },
      remoteUrls: [remote],
      scmName: '',
    })),
    ...(build.tests === undefined
      ? []
      : [
          {
            _class: 'hudson.tasks.junit.TestResultAction',
            failCount: build.tests.failed,
            skipCount: build.tests.skipped,
            totalCount: build.tests.total,
            urlName: 'testReport',
          },
        ]),
  ];
}

function causeOf(cause: Cause): Record<string, unknown> {
  return {
    _class: CAUSE_CLASSES[cause.kind],
    shortDescription: cause.description,
    ...(cause.userId === undefined ? {} : { userId: cause.userId, userName: cause.userId }),
  };
}
