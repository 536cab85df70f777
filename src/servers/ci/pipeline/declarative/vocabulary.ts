export const PIPELINE_SECTIONS = new Set([
  'agent',
  'environment',
  'options',
  'parameters',
  'triggers',
  'tools',
  'libraries',
  'stages',
  'post',
]);
export const STAGE_SECTIONS = new Set([
  'agent',
  'environment',
  'options',
  'tools',
  'when',
  'input',
  'steps',
  'stages',
  'parallel',
  'matrix',
  'failFast',
  'post',
]);
export const MATRIX_SECTIONS = new Set([
  'agent',
  'environment',
  'options',
  'tools',
  'when',
  'input',
  'axes',
  'excludes',
  'stages',
  'post',
]);
export const PIPELINE_OPTIONS =
  'ansiColor buildDiscarder catchError checkoutToSubdirectory copyArtifactPermission disableConcurrentBuilds disableRestartFromStage disableResume durabilityHint newContainerPerStage ' +
  'overrideIndexTriggers parallelsAlwaysFailFast preserveStashes quietPeriod rateLimitBuilds retry script skipDefaultCheckout skipStagesAfterUnstable timeout timestamps withEnv';
export const STAGE_OPTIONS =
  'ansiColor catchError lock retry script skipDefaultCheckout timeout timestamps waitUntil warnError withEnv';
export const CONDITIONS =
  'allOf anyOf branch buildingTag changeRequest changelog changeset environment equals expression isRestartedRun not tag triggeredBy';
export const PARAMETERS = 'booleanParam choice file password run string text';
