import type { Step } from '../pipeline/host.ts';
import type { BuildServices } from '../builds/services.ts';
import { coordinationSteps } from './coordination.ts';
import { credentialsStep } from './credentials.ts';
import { dataSteps } from './data.ts';
import { fileSteps } from './files.ts';
import { junitStep } from './junit.ts';
import { keepingSteps } from './stash.ts';
import { scmSteps } from './scm.ts';
import { shStep } from './sh.ts';

/** The steps that the server lends to pipelines, by name. */
export function allSteps(services: BuildServices): ReadonlyMap<string, Step> {
  const steps = [
    shStep(services),
    ...fileSteps(services),
    ...keepingSteps(services),
    ...dataSteps(services),
    ...scmSteps(services),
    credentialsStep(services),
    junitStep(services),
    ...coordinationSteps(services),
  ];
  return new Map(steps.map((step) => [step.name, step]));
}
