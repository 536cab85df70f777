import { runEmbeddedDaemon } from '../engines/select.ts';
import { serveDashboard } from './served-dashboard.ts';

/** The process of one playground on the embedded engine: `start-daemon.cjs NAME`. Started by `up`, ended by `down`. */
const [, , name = ''] = process.argv;
void runEmbeddedDaemon(name, (config, endpoints, port) =>
  serveDashboard(config, endpoints, port, 'embedded'),
);
