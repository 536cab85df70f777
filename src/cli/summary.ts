import type { Config } from '../config/schema.ts';
import type { EndpointDocument, PlaygroundStatus } from '../flow/status.ts';
import { commandFor } from '../lib/command-line.ts';
import type { Output } from './output.ts';
import { listing, textOf } from './table.ts';

/** The end of `up`: what to open, with which password, and what to try next. */
export function showSummary(
  output: Output,
  status: PlaygroundStatus,
  took: string,
  operator: Config['operator'],
): void {
  const { bold, cyan } = output.colors;
  output.line();
  output.line(`${bold(`The playground "${status.name}" is ${status.phase}`)} after ${took}.`);
  showProblems(output, status);
  showBroken(output, status);
  output.line();
  output.line(credentialTable(output, status.endpoints));
  output.line();
  output.line(applicationTable(output, status));
  output.line();
  const npx = (words: string) => `npx ${commandFor(words, status.name)}`;
  const application = status.repositories.find(({ role }) => role === 'app')?.name ?? '';
  const next = [
    [npx(`clone ${application}`), 'then change a file, commit, push'],
    [npx('trace'), 'see the commit travel'],
    [
      `eval "$(${npx('env')})"`,
      `then kubectl get ${operator === 'flux' ? 'kustomizations' : 'applications'} -A`,
    ],
    [npx('open'), 'the loop, live in the browser'],
  ] as const;
  const width = Math.max(...next.map(([command]) => command.length));
  output.line('Try next:');
  for (const [command, what] of next) output.line(`  ${cyan(command.padEnd(width))}  ${what}`);
}

/** `status` for people. */
export function showStatus(output: Output, status: PlaygroundStatus): void {
  const { bold } = output.colors;
  output.line(`${bold(status.name)} (engine ${status.engine}) is ${bold(status.phase)}`);
  showProblems(output, status);
  showBroken(output, status);
  output.line();
  output.line(applicationTable(output, status));
  output.line();
  output.line(repositoryTable(output, status));
}

/** What is not well, and the add-ons that are not there yet: they may still be on their way when `up` ends. */
function showProblems(output: Output, { problems = [], addons = [] }: PlaygroundStatus): void {
  for (const { what, seen } of problems) output.line(`  ${what}: ${seen}`);
  const coming = addons.filter(({ installing }) => installing === true).map(({ name }) => name);
  if (coming.length > 0) output.line(`  still being installed: ${coming.join(', ')}`);
}

function showBroken(output: Output, { name, broken = [] }: PlaygroundStatus): void {
  const { yellow, dim } = output.colors;
  for (const { id, title, since } of broken) {
    const when = since === undefined ? '' : dim(` since ${since}`);
    output.line(`  ${yellow('broken on purpose')}: ${title} (${id})${when}`);
  }
  if (broken.length > 0) output.line(`  mend it: ${commandFor('heal', name)}`);
}

export function credentialTable(output: Output, endpoints: EndpointDocument): string {
  const table = listing(output, ['', 'address', 'user', 'password']);
  const { dashboard, git, ci, gitops, registry, kubernetes } = endpoints;
  table.push(['Dashboard', dashboard.url, '', '']);
  table.push(['Git', git.url, git.username, git.password]);
  table.push(['CI', ci.url, ci.username, ci.password]);
  table.push(['GitOps', gitops.url, gitops.username ?? '', gitops.password ?? '']);
  table.push(['Registry', registry.host, registry.username ?? 'none needed', registry.password ?? '']);
  table.push(['Kubernetes', `KUBECONFIG=${kubernetes.kubeconfig}`, '', '']);
  return textOf(table);
}

function applicationTable(output: Output, { applications }: PlaygroundStatus): string {
  const table = listing(output, ['application', 'address', 'revision', 'sync', 'health']);
  for (const { name, url, hostUrl, revision, sync, health } of applications) {
    table.push([
      name,
      hostUrl === undefined ? url : `${hostUrl} or ${url}`,
      revision.slice(0, 7),
      sync,
      health,
    ]);
  }
  return applications.length === 0 ? 'no applications' : textOf(table);
}

function repositoryTable(output: Output, { repositories }: PlaygroundStatus): string {
  const table = listing(output, ['repository', 'role', 'clone']);
  for (const { name, role, cloneUrl } of repositories) table.push([name, role, cloneUrl]);
  return repositories.length === 0 ? 'no repositories' : textOf(table);
}
