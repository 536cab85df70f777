import { z } from 'zod';
import { parseAllDocuments } from 'yaml';
import { REFRESH_ANNOTATION } from '../../clients/argocd-types.ts';
import type { KubeObject } from '../../clients/kubernetes.ts';
import { applicationType } from '../../flow/applications.ts';
import { mainBranch, operatorNamespace } from '../../flow/names.ts';
import { paceOf } from '../../flow/pace.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { waitFor, type Look as Seen } from '../../lib/wait.ts';
import { text, type KindTable } from '../kinds.ts';
import { readText } from '../looks/git.ts';
import { kubectlName, objectName, refOf } from '../looks/cluster.ts';
import { quote } from './commit.ts';
import type { Step } from './step.ts';

/** Milliseconds until what was deleted has to be gone, where the parts are processes of this machine. */
const LIMIT_MS = 60_000;

/** A change by hand, past Git. */
const patch = objectName
  .extend({ patch: z.record(z.string(), z.unknown()) })
  .transform(({ patch: wanted, ...object }): Step => ({
    title: `Change ${object.kind} ${object.name} by hand`,
    typed: () => [`kubectl patch ${kubectlName(object)} --type merge -p ${quote(JSON.stringify(wanted))}`],
    async run({ playground }) {
      await (await playground.cluster()).patch(refOf(object), 'merge', wanted);
    },
  }));

/** Deletes objects by hand and waits until they are gone. */
const remove = z.strictObject({ objects: z.array(objectName).min(1) }).transform(({ objects }): Step => ({
  title: `Delete ${objects.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`,
  typed: () => objects.map((object) => `kubectl delete ${kubectlName(object)}`),
  async run({ playground, signal }) {
    const cluster = await playground.cluster();
    await Promise.all(objects.map((object) => cluster.delete(refOf(object))));
    const look = async (): Promise<Seen<undefined>> => {
      const left = await Promise.all(objects.map((object) => cluster.find(refOf(object))));
      const names = left.filter((object) => object !== undefined).map(({ metadata }) => metadata.name);
      return names.length === 0
        ? { done: true, value: undefined }
        : { done: false, seen: `${names.join(', ')} is still there` };
    };
    const { look: interval, times } = paceOf(playground.endpoints);
    await waitFor(look, { what: 'the objects to be gone', limit: LIMIT_MS * times, interval, signal });
  },
}));

/** Applies manifests of a repository by hand, as it is needed where no operator watches yet. */
const apply = z
  .strictObject({ repository: text, paths: z.array(text).min(1) })
  .transform(({ repository, paths }): Step => ({
    title: `Apply ${paths.join(', ')} of ${repository} by hand`,
    typed: () => [
      `cd ${repository} && git pull`,
      `kubectl apply ${paths.map((path) => `-f ${path}`).join(' ')}`,
    ],
    async run(site) {
      const cluster = await site.playground.cluster();
      for (const path of paths) {
        const content = await readText(site, repository, path, mainBranch);
        if (content === undefined) {
          throw new PlaygroundError({
            code: 'step-impossible',
            message: `${repository} has no ${path} to apply`,
            hint: 'bring back everything: gitops-playground reset',
          });
        }
        for (const document of parseAllDocuments(content))
          await cluster.apply(document.toJS() as KubeObject, { fieldManager: 'kubectl', force: true });
      }
    },
  }));

/** Asks the operator to look at Git now, as the button "Refresh" does. */
const refresh = z
  .strictObject({ applications: z.array(text).min(1) })
  .transform(({ applications }): Step => ({
    title: `Let the operator look at Git now`,
    typed: () =>
      applications.map(
        (name) =>
          `kubectl -n ${operatorNamespace} annotate application ${name} ${REFRESH_ANNOTATION}=normal --overwrite`,
      ),
    async run({ playground }) {
      const cluster = await playground.cluster();
      const annotations = { [REFRESH_ANNOTATION]: 'normal' };
      await Promise.all(
        applications.map((name) =>
          cluster.patch({ ...applicationType, namespace: operatorNamespace, name }, 'merge', {
            metadata: { annotations },
          }),
        ),
      );
    },
  }));

export const clusterSteps: KindTable<Step> = { patch, delete: remove, apply, refresh };
