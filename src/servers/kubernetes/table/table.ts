import type { Presentation } from '../api/presentation.ts';
import { partial } from '../api/accept.ts';
import type { KubernetesObject } from '../cluster.ts';
import { typeKey } from '../kinds.ts';
import { age } from './cells.ts';
import { columnsOf, type Column } from './columns.ts';
import { customColumns } from './custom-columns.ts';

const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: ({ metadata }) => metadata.name,
};

const AGE: Column = { name: 'Age', type: 'string', cell: ({ metadata }) => age(metadata.creationTimestamp) };

/** Objects as a `meta.k8s.io/v1` Table: the columns that `kubectl get` shows. */
export function tableOf(
  { kind, version }: Presentation,
  objects: readonly KubernetesObject[],
  metadata: object,
  include: 'None' | 'Metadata' | 'Object',
  withColumns = true,
): object {
  const isCustom = kind.custom !== undefined;
  const own = isCustom ? customColumns(kind, version, AGE) : columnsOf(typeKey(kind));
  // Events have generated names, which they show in a wide column of their own.
  const namesItself = !isCustom && own.some(({ name }) => name === NAME.name);
  const columns: readonly Column[] = namesItself ? own : [NAME, ...own];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns
      ? columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
          name,
          type,
          format,
          description,
          priority,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object)),
      object: embedded(object, include),
    })),
  };
}

function embedded(object: KubernetesObject, include: 'None' | 'Metadata' | 'Object'): object | undefined {
  switch (include) {
    case 'None':
      return undefined;
    case 'Object':
      return object;
    case 'Metadata':
      return partial(object, 'PartialObjectMetadata');
  }
}
