import { hostname } from 'node:os';

/**
 * Everything that differs from place to place comes from the environment: the image brings REVISION,
 * the stage's ConfigMap brings STAGE and GREETING, the Deployment brings IMAGE and POD_NAME.
 */
export function readSettings(env) {
  return {
    app: '__APPLICATION__',
    stage: env.STAGE || 'local',
    greeting: env.GREETING || 'Hello from your own machine',
    revision: env.REVISION || 'unknown',
    image: env.IMAGE || 'none',
    pod: env.POD_NAME || hostname(),
    port: Number(env.PORT || 8080),
  };
}
