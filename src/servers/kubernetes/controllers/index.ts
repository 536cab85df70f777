import type { Stop, ControllerContext } from './controller.ts';
import { stopAll } from './controller.ts';
import { startDeploymentController } from './deployment.ts';
import { startEndpointSliceController } from './endpoint-slices.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startJobController } from './jobs.ts';
import { startNamespaceController } from './namespaces.ts';
import { startNodeLifecycleController } from './node-lifecycle.ts';
import { startReplicaSetController } from './replica-set.ts';
import { startScheduler } from './scheduler.ts';
import { startServiceAccountController } from './service-accounts.ts';

/** Starts every controller, as kube-controller-manager and kube-scheduler do. */
export function startControllers(context: ControllerContext): Stop {
  return stopAll([
    startServiceAccountController(context),
    startDeploymentController(context),
    startReplicaSetController(context),
    startJobController(context),
    startScheduler(context),
    startNodeLifecycleController(context),
    startEndpointSliceController(context),
    startNamespaceController(context),
    startGarbageCollector(context),
  ]);
}
