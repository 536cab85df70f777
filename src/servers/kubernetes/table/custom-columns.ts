import type { KubernetesObject } from '../cluster.ts';
import type { Kind, PrinterColumn } from '../kinds.ts';
import { isObject } from '../storage/json.ts';
import { age, textOf } from './cells.ts';
import type { Column } from './columns.ts';
import { readJsonPath } from './json-path.ts';

/** The columns that a CustomResourceDefinition asks for; the age when it asks for none. */
export function customColumns(kind: Kind, version: string, ageColumn: Column): readonly Column[] {
  const columns = kind.custom?.versions.find((candidate) => candidate.name === version)?.columns ?? [];
  return columns.length === 0 ? [ageColumn] : columns.map(customColumn);
}

function customColumn({ name, type, format, description, priority, jsonPath }: PrinterColumn): Column {
  return {
    name,
    type,
    ...(format === undefined ? {} : { format }),
    ...(description === undefined ? {} : { description }),
    ...(priority === undefined ? {} : { priority }),
    cell: (object: KubernetesObject) => cell(readJsonPath(object, jsonPath), type),
  };
}

function cell(values: readonly unknown[], type: string): unknown {
  const [value] = values;
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'date':
      return age(value);
    case 'integer':
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    default:
      if (values.length > 1) return values.map((item) => textOf(item, '')).join(',');
      return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : textOf(value, '');
  }
}
