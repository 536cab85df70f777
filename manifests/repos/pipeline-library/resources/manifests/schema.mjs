import { didYouMean } from './closest.mjs';

const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

/**
 * A checker for objects. `kinds` maps "apps/v1/Deployment" to the name of its definition,
 * `definitions` holds the OpenAPI schemas by name.
 */
export function createSchemaCheck({ kinds, definitions }) {
  /** Reports everything in which the object differs from the schema of its kind. */
  return function check({ value, at, keyAt, file }, problems) {
    const report = (place, path, message) => problems.push({ ...place, file, path: pathOf(path), message });
    const { apiVersion, kind } = value;
    for (const field of ['apiVersion', 'kind']) {
      if (value[field] === undefined) report(at([]), [field], 'is required');
      else if (typeof value[field] !== 'string') report(at([field]), [field], `must be a string, found ${show(value[field])}`);
    }
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') return;

    const id = `${apiVersion}/${kind}`;
    if (!Object.hasOwn(kinds, id)) {
      const [field, message] = unknownKind(apiVersion, kind, Object.keys(kinds));
      report(at([field]), [field], message);
      return;
    }
    checkValue(value, { $ref: kinds[id] }, []);

    function checkValue(value, schema, path) {
      const { name, ...rule } = resolve(schema, definitions);
      if (name?.endsWith('.Quantity')) {
        if (typeof value === 'number' || (typeof value === 'string' && QUANTITY.test(value))) return;
        return report(at(path), path, `must be a quantity such as 250m, 1 or 64Mi, found ${show(value)}`);
      }
      if (name?.endsWith('.IntOrString') || rule['x-kubernetes-int-or-string'] || rule.format === 'int-or-string') {
        if (Number.isInteger(value) || typeof value === 'string') return;
        return report(at(path), path, `must be an integer or a string, found ${show(value)}`);
      }
      const expected = rule.type ?? (rule.properties ? 'object' : undefined);
      if (expected !== undefined && !types[expected].is(value)) {
        return report(at(path), path, `must be ${types[expected].name}, found ${show(value)}`);
      }
      if (rule.enum && !rule.enum.includes(value)) {
        return report(at(path), path, `must be one of ${rule.enum.join(', ')}, found ${show(value)}`);
      }
      if (Array.isArray(value)) value.forEach((item, index) => checkItem(item, rule.items, [...path, index]));
      else if (typeof value === 'object') checkMap(value, rule, path);
    }

    function checkItem(item, schema, path) {
      if (item === null) report(at(path), path, 'is an empty item of a list');
      else if (schema) checkValue(item, schema, path);
    }

    function checkMap(map, rule, path) {
      for (const field of rule.required ?? []) {
        if (map[field] === undefined) report(keyAt(path), [...path, field], 'is required');
      }
      const free = !rule.properties || rule['x-kubernetes-preserve-unknown-fields'];
      for (const [field, value] of Object.entries(map)) {
        const known = rule.properties && Object.hasOwn(rule.properties, field) ? rule.properties[field] : undefined;
        if (known) checkValue(value, known, [...path, field]);
        else if (typeof rule.additionalProperties === 'object') checkValue(value, rule.additionalProperties, [...path, field]);
        else if (!free && rule.additionalProperties !== true) {
          const hint = didYouMean(field, Object.keys(rule.properties));
          report(keyAt([...path, field]), [...path, field], `is no field of ${kind}${hint || ' at this place'}`);
        }
      }
    }
  };
}

const types = {
  object: { name: 'a map', is: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) },
  array: { name: 'a list', is: Array.isArray },
  string: { name: 'a string', is: (value) => typeof value === 'string' },
  boolean: { name: 'true or false', is: (value) => typeof value === 'boolean' },
  integer: { name: 'an integer', is: Number.isInteger },
  number: { name: 'a number', is: (value) => typeof value === 'number' },
};

/** Follows references; `name` is the name of the definition that was reached. */
function resolve(schema, definitions) {
  let name;
  let rule = schema;
  for (let steps = 0; steps < 8; steps++) {
    const reference = rule.$ref ?? (rule.allOf?.length === 1 ? rule.allOf[0].$ref : undefined);
    if (reference === undefined) break;
    name = reference.slice(reference.lastIndexOf('/') + 1);
    rule = definitions[name] ?? {};
  }
  return { ...rule, name };
}

function unknownKind(apiVersion, kind, known) {
  const elsewhere = known.filter((id) => id.endsWith(`/${kind}`)).map((id) => id.slice(0, id.lastIndexOf('/')));
  if (elsewhere.length > 0) return ['apiVersion', `there is no ${kind} in ${apiVersion}, it is in ${elsewhere.join(' and in ')}`];
  const names = [...new Set(known.map((id) => id.slice(id.lastIndexOf('/') + 1)))];
  return ['kind', `unknown kind "${kind}"${didYouMean(kind, names)}`];
}

/** spec.containers[0].env, metadata.labels["app.kubernetes.io/name"] */
export function pathOf(path) {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w$-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

function show(value) {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
