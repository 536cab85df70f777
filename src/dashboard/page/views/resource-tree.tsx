import type { ResourceNode } from '../../../clients/argocd-rest.ts';
import type { ResourceStatus } from '../../../clients/argocd-types.ts';
import type { ApplicationDocument } from '../../model/documents.ts';
import { Ago, Badge, Empty } from '../components/basics.tsx';
import { to } from '../router.ts';

/** What an Application has deployed, with what the controllers made of it, as a tree. */
export function ResourceTree({ document }: { readonly document: ApplicationDocument }) {
  const { tree, application } = document;
  const resources = application.status?.resources ?? [];
  if (resources.length === 0) return <Empty>It has deployed nothing.</Empty>;
  const above = (node: ResourceNode) => (node.parentRefs ?? []).map(({ uid }) => uid);
  const below = (uid: string | undefined) =>
    tree.filter((node) => uid !== undefined && above(node).includes(uid));
  const nodeOf = ({ kind, name, namespace }: ResourceStatus) =>
    tree.find(
      (node) =>
        node.kind === kind && node.name === name && (namespace === undefined || node.namespace === namespace),
    );
  return (
    <ul class="tree card">
      {resources.map((resource) => {
        const node = nodeOf(resource);
        return (
          <li key={`${resource.kind} ${resource.namespace ?? ''} ${resource.name}`}>
            <span class="tree-node">
              <span class="kind">{resource.kind}</span> <b>{resource.name}</b>
              {resource.status === undefined ? null : <Badge state={resource.status} />}
              {resource.health === undefined ? null : <Badge state={resource.health.status} />}
              {resource.requiresPruning === true ? <Badge state="missing" label="to be pruned" /> : null}
              <span class="dim">{resource.health?.message ?? ''}</span>
            </span>
            <Children nodes={below(node?.uid)} below={below} />
          </li>
        );
      })}
    </ul>
  );
}

interface ChildrenProps {
  readonly nodes: readonly ResourceNode[];
  readonly below: (uid: string | undefined) => readonly ResourceNode[];
}

/** Old ReplicaSets have no pods any more, and are counted alone. */
function Children({ nodes, below }: ChildrenProps) {
  if (nodes.length === 0) return null;
  const isSpent = (node: ResourceNode) => node.kind === 'ReplicaSet' && below(node.uid).length === 0;
  const spent = nodes.filter(isSpent).length;
  return (
    <ul>
      {nodes
        .filter((node) => !isSpent(node))
        .map((node) => {
          const { uid, kind, name, namespace = '', health, createdAt } = node;
          return (
            <li key={uid ?? `${kind} ${name}`}>
              <span class="tree-node">
                <span class="kind">{kind}</span>{' '}
                {kind === 'Pod' ? <a href={to('cluster', 'pods', namespace, name)}>{name}</a> : <b>{name}</b>}
                {health === undefined ? null : <Badge state={health.status} />}
                <span class="dim">
                  <Ago time={createdAt} />
                </span>
              </span>
              <Children nodes={below(uid)} below={below} />
            </li>
          );
        })}
      {spent === 0 ? null : <li class="dim">{spent} earlier ReplicaSets without pods</li>}
    </ul>
  );
}
