import { isMap, isSeq, type Document } from 'yaml';
import { parseImageReference } from '../../clients/image-reference.ts';
import { podType, type Pod } from '../../clients/kubernetes-objects.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { listApplications } from '../applications.ts';
import type { Stage } from '../names.ts';
import type { Playground } from '../playground.ts';
import { seen, type Fault } from './fault.ts';
import { changeManifest, findDeployment, readManifest } from './manifest.ts';
import type { FaultRecord } from './record.ts';

/** Where the colleague makes mistakes: what people look at first. */
const STAGE: Stage = 'staging';

/** A mistake in the manifests of a stage, committed to Git as somebody would who means well. */
interface Mistake extends Pick<Fault, 'id' | 'title' | 'symptom' | 'look'> {
  /** The message of the commit. */
  readonly message: string;
  /** What has to be known to make it and to take it back. */
  prepare(deployment: Document): Readonly<Record<string, string>>;
  isMade(deployment: Document, record: FaultRecord): boolean;
  make(deployment: Document, record: FaultRecord): void;
  undo(deployment: Document, record: FaultRecord): void;
  /** Whether a container's waiting reason is the one that it leads to. */
  readonly reasons: readonly string[];
}

const container = ['spec', 'template', 'spec', 'containers', 0];
const imagePath = [...container, 'image'];
const variables = [...container, 'env'];

const wrongImageMistake: Mistake = {
  id: 'wrong-image',
  title: `the GitOps repository names an image for ${STAGE} that does not exist`,
  symptom: `a new pod stays in ImagePullBackOff, the application is Progressing for ever, and the old pod still answers`,
  look: `kubectl get pods -n ${STAGE}, kubectl describe pod, git log of the GitOps repository`,
  message: 'Try the new version',
  reasons: ['ErrImagePull', 'ImagePullBackOff'],
  prepare(deployment) {
    const image = textAt(deployment, imagePath);
    const { registry, repository } = parseImageReference(image);
    return { image, wrong: `${registry}/${repository}:2.0.0` };
  },
  isMade: (deployment, { wrong }) => textAt(deployment, imagePath) === wrong,
  make: (deployment, { wrong }) => {
    deployment.setIn(imagePath, wrong);
  },
  undo: (deployment, { image }) => {
    deployment.setIn(imagePath, image);
  },
};

/** The variable that the example application, like many, takes its port from. */
const VARIABLE = 'PORT';
const NO_PORT = 'http';

const crashingPodMistake: Mistake = {
  id: 'crashing-pod',
  title: `a setting in the GitOps repository makes the pods of ${STAGE} crash`,
  symptom: `a new pod starts and ends again and again, in CrashLoopBackOff, and the old pod still answers`,
  look: `kubectl get pods -n ${STAGE}, kubectl logs --previous, git log of the GitOps repository`,
  message: 'Set the port of the application',
  reasons: ['CrashLoopBackOff'],
  prepare: (deployment) => ({ had: String(portIndex(deployment) >= 0) }),
  isMade: (deployment) => textAt(deployment, [...variables, portIndex(deployment), 'value']) === NO_PORT,
  make(deployment) {
    const variable = deployment.createNode({ name: VARIABLE, value: NO_PORT });
    if (isSeq(deployment.getIn(variables))) deployment.addIn(variables, variable);
    else deployment.setIn(variables, deployment.createNode([{ name: VARIABLE, value: NO_PORT }]));
  },
  undo(deployment) {
    deployment.deleteIn([...variables, portIndex(deployment)]);
    const left = deployment.getIn(variables);
    if (isSeq(left) && left.items.length === 0) deployment.deleteIn(variables);
  },
};

function portIndex(deployment: Document): number {
  const list = deployment.getIn(variables);
  if (!isSeq(list)) return -1;
  return list.items.findLastIndex((item) => isMap(item) && item.get('name') === VARIABLE);
}

function textAt(document: Document, path: readonly (string | number)[]): string {
  const value = document.getIn(path);
  return typeof value === 'string' ? value : '';
}

function committed(mistake: Mistake): Fault {
  const { id, title, symptom, look, message } = mistake;
  return {
    id,
    title,
    symptom,
    look,
    refusal: () => undefined,
    async isBroken({ playground }, record) {
      if (record === undefined) return false;
      const manifest = await readManifest(playground, record);
      return manifest !== undefined && mistake.isMade(manifest.deployment, record);
    },
    async prepare({ playground }) {
      const now = await stageState(playground);
      if (!now.well) throw notWell(now.seen);
      const found = await findDeployment(playground, STAGE);
      return { since: new Date().toISOString(), ...found.place, ...mistake.prepare(found.deployment) };
    },
    async break({ playground }, record) {
      const commit = await changeManifest(playground, record, message, (deployment) => {
        mistake.make(deployment, record);
        return true;
      });
      return commit === undefined ? record : { ...record, commit };
    },
    async heal({ playground }, record) {
      if (record === undefined) return;
      const { commit } = record;
      const why = commit === undefined ? '' : `\n\nThis reverts commit ${commit}.`;
      await changeManifest(playground, record, `Revert "${message}"${why}`, (deployment) => {
        if (!mistake.isMade(deployment, record)) return false;
        mistake.undo(deployment, record);
        return true;
      });
    },
    async shows({ playground }) {
      const reasons = await waitingReasons(playground);
      const shown = reasons.some((reason) => mistake.reasons.includes(reason));
      return seen(shown, `containers wait for ${reasons.join(', ') || 'nothing'}`);
    },
    async isWell({ playground }) {
      const { well, seen: state } = await stageState(playground);
      const gone = !(await waitingReasons(playground)).some((reason) => mistake.reasons.includes(reason));
      return seen(well && gone, state);
    },
  };
}

async function stageState(playground: Playground): Promise<{ well: boolean; seen: string }> {
  const cluster = await playground.cluster();
  const application = (await listApplications(cluster, playground.config.operator)).find(
    ({ spec }) => spec.destination.namespace === STAGE,
  );
  if (application === undefined) return { well: false, seen: `there is no Application for ${STAGE}` };
  const { sync = {}, health = {} } = application.status ?? {};
  return {
    well: sync.status === 'Synced' && health.status === 'Healthy',
    seen: `${application.metadata.name} is ${sync.status ?? 'unknown'} and ${health.status ?? 'unknown'}`,
  };
}

async function waitingReasons(playground: Playground): Promise<string[]> {
  const pods = await (await playground.cluster()).list<Pod>(podType, { namespace: STAGE });
  return pods.items
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .flatMap(({ state }) => state?.waiting?.reason ?? []);
}

/** Among other trouble nobody would see this one. */
function notWell(state: string): PlaygroundError {
  return new PlaygroundError({
    code: 'fault-impossible',
    message: `${state}, so that a further mistake in its manifests would not be seen`,
    hint: 'make it well first: gitops-playground heal, or reset',
  });
}

export const wrongImage = committed(wrongImageMistake);
export const crashingPod = committed(crashingPodMistake);
