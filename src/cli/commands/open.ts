import open from 'open';
import { dashboardAddress } from '../../dashboard/server/access.ts';
import { invalid } from '../../config/load.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { engineOf } from '../../engines/select.ts';
import { playgroundStatus } from '../../flow/status.ts';
import type { CommandContext } from '../command.ts';

/** `open [page]`: a page in the browser, or its address where there is no terminal or `--print` was given. */
export async function run({ name, args, options, output, problems }: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  const status = await playgroundStatus(await engineOf(name), name);
  const pages = new Map<string, string>([
    // With what logs the browser in.
    ['dashboard', dashboardAddress(status.endpoints)],
    ['git', status.endpoints.git.url],
    ['ci', status.endpoints.ci.url],
    ['gitops', status.endpoints.gitops.url],
  ]);
  for (const application of status.applications) {
    if (application.url !== '') pages.set(application.stage, application.url);
  }
  const [page = 'dashboard'] = args;
  const url = pages.get(page);
  if (url === undefined) {
    throw new PlaygroundError({
      code: 'unknown-page',
      message: `there is no page "${page}"`,
      hint: `choose one of ${[...pages.keys()].join(', ')}`,
    });
  }
  const printed = output.json || options.print === true || !output.interactive;
  if (output.json) output.result({ url });
  else output.line(url);
  if (!printed) await open(url);
  return 0;
}
