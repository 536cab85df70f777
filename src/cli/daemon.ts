import { runEmbeddedDaemon } from '../engines/select.ts';
import { startDashboard } from '../dashboard/server/server.ts';
import { connect } from '../flow/playground.ts';

/** The process of one playground on the embedded engine: `daemon.mjs NAME`. Started by `up`, ended by `down`. */
const [, , name = ''] = process.argv;
await runEmbeddedDaemon(name, (config, endpoints, port) =>
  startDashboard(connect(config, endpoints), port, { engine: 'embedded' }),
);
