import type { Config } from '../config/schema.ts';
import { startDashboard } from '../dashboard/server/server.ts';
import type { Endpoints } from '../engines/engine.ts';
import { createExerciseGuide } from '../exercises/guide.ts';
import { connect } from '../flow/playground.ts';
import type { Listener } from '../lib/http/listen.ts';

/** The dashboard of a playground with its exercises, for the process that outlives the command line. */
export function serveDashboard(
  config: Config,
  endpoints: Endpoints,
  port: number,
  engine: string,
): Promise<Listener> {
  const playground = connect(config, endpoints);
  return startDashboard(playground, port, { engine, guide: createExerciseGuide(playground, engine) });
}
