import { GroovyMap, type Value } from '../groovy/values.ts';

/** Describables that pipelines write by their symbol; the name is that of the single argument without name. */
const SYMBOLS: Readonly<Record<string, string>> = {
  usernamePassword: '',
  usernameColonPassword: '',
  string: '',
  file: '',
  zip: '',
  sshUserPrivateKey: '',
  certificate: '',
  dockerCert: '',
  gitUsernamePassword: '',
  logRotator: '',
  buildDiscarder: 'strategy',
  disableConcurrentBuilds: '',
  parameters: 'parameterDefinitions',
  pipelineTriggers: 'triggers',
  disableResume: '',
  durabilityHint: 'hint',
  rateLimitBuilds: '',
  copyArtifactPermission: 'projectNames',
  cron: 'spec',
  pollSCM: 'scmpoll_spec',
  upstream: 'upstreamProjects',
  booleanParam: '',
  choice: '',
  text: '',
  password: '',
  run: '',
  scmGit: '',
  gitSCM: '',
  cleanBeforeCheckout: '',
  cleanAfterCheckout: '',
  cloneOption: '',
  submodule: '',
  localBranch: 'localBranch',
  lfs: '',
  relativeTargetDirectory: 'relativeTargetDir',
  userRemoteConfig: '',
  developers: '',
  requestor: '',
  culprits: '',
  brokenBuildSuspects: '',
};

export function isSymbol(name: string): boolean {
  return Object.hasOwn(SYMBOLS, name);
}

export const SYMBOL_NAMES: readonly string[] = Object.keys(SYMBOLS).sort();

/** A describable as a map that says its name: `{ $class: 'usernamePassword', credentialsId: … }`. */
export function describable(name: string, args: readonly Value[]): Value {
  const map = new GroovyMap();
  map.set('$class', name);
  const [first, ...rest] = args;
  if (first instanceof GroovyMap && !first.has('$class'))
    for (const [key, value] of first.entries()) map.set(key, value);
  else if (first !== undefined) map.set((Object.hasOwn(SYMBOLS, name) && SYMBOLS[name]) || 'value', first);
  if (rest.length > 0) map.set('rest', rest);
  return map;
}
