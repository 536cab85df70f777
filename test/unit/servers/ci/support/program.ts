/** A CI server in a process of its own, to be killed: `program DATA_DIR` prints its address. */
import { silentLog } from '../../../../../src/lib/log.ts';
import { startCiServer } from '../../../../../src/servers/ci/server.ts';
import { developer, stepRunner } from './step-runner.ts';

const server = await startCiServer({
  dataDir: process.argv[2] ?? '',
  port: 0,
  log: silentLog,
  users: [developer],
  runPipeline: stepRunner,
});
process.stdout.write(`${server.url}\n`);
process.once('SIGTERM', () => {
  void server.close();
});
