import { startDashboard } from '../dashboard/server.ts';
import { runClusterCompanion } from '../engines/select.ts';
import { connect } from '../flow/playground.ts';

/** The process of one playground in a cluster: `companion.mjs NAME`. Started by `up`, ended by `down`. */
const [, , name = ''] = process.argv;
await runClusterCompanion(name, (config, endpoints, port, engine) =>
  startDashboard(connect(config, endpoints), port, { engine }),
);
