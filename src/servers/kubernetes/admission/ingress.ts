import type { KubernetesObject } from '../cluster.ts';
import { asArray, asObject, isObject } from '../storage/json.ts';
import { subdomainProblem } from './names.ts';
import { isOneOf, type Problems } from './problems.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

/** Checks an Ingress. */
export function validateIngress(ingress: KubernetesObject, problems: Problems): void {
  const spec = asObject(ingress.spec);
  const rules = asArray(spec.rules);
  if (rules.length === 0 && spec.defaultBackend === undefined) {
    problems.invalid('spec', spec, 'either `defaultBackend` or `rules` must be specified');
  }
  if (spec.defaultBackend !== undefined) {
    validateBackend(spec.defaultBackend, 'spec.defaultBackend', problems);
  }
  rules.forEach((item, i) => {
    const { host, http } = asObject(item);
    if (typeof host === 'string' && host !== '') {
      const problem = subdomainProblem(host.replace(/^\*\./, ''));
      if (problem !== undefined) problems.invalid(`spec.rules[${i}].host`, host, problem);
    }
    if (isObject(http)) validatePaths(asArray(http.paths), `spec.rules[${i}].http.paths`, problems);
  });
}

function validatePaths(paths: readonly unknown[], field: string, problems: Problems): void {
  if (paths.length === 0) problems.required(field);
  paths.forEach((item, i) => {
    const { path, pathType, backend } = asObject(item);
    if (pathType === undefined) problems.required(`${field}[${i}].pathType`, 'pathType must be specified');
    else if (!isOneOf(pathType, PATH_TYPES)) {
      problems.notSupported(`${field}[${i}].pathType`, pathType, PATH_TYPES);
    }
    const text = typeof path === 'string' ? path : '';
    if (pathType !== 'ImplementationSpecific' && !text.startsWith('/')) {
      problems.invalid(`${field}[${i}].path`, text, 'must be an absolute path');
    }
    validateBackend(backend, `${field}[${i}].backend`, problems);
  });
}

function validateBackend(backend: unknown, field: string, problems: Problems): void {
  const { service, resource } = asObject(backend);
  if (resource !== undefined) return;
  if (!isObject(service)) {
    problems.required(`${field}`, 'must specify a service or a resource backend');
    return;
  }
  if (typeof service.name !== 'string' || service.name === '') problems.required(`${field}.service.name`);
  const { name, number } = asObject(service.port);
  if (name === undefined && number === undefined) {
    problems.required(`${field}.service.port`, 'port name or number is required');
  }
}
