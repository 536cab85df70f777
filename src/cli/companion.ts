import { runClusterCompanion } from '../engines/select.ts';
import { serveDashboard } from './served-dashboard.ts';

/** The process of one playground in a cluster: `start-companion.cjs NAME`. Started by `up`, ended by `down`. */
const [, , name = ''] = process.argv;
void runClusterCompanion(name, serveDashboard);
