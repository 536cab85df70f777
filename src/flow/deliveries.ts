import type { Playground } from './playground.ts';

/** So often an event is sent again (some twenty seconds) until an address that does not answer counts as one that never will. */
const TRIES = 7;

/** What became of the newest event that a webhook should have brought somewhere. */
export interface FailedDelivery {
  /** Where it should have gone. */
  readonly url: string;
  /** What was answered, or why nothing was. */
  readonly answer: string;
  /** Whether another try would end the same way. */
  readonly final: boolean;
}

/**
 * The newest delivery of a webhook when it has failed; undefined when it arrived or is under way, and on a server that does
 * not tell: Gitea shows deliveries on its own page of the webhook alone.
 */
export async function failedDelivery(
  { git, config }: Playground,
  repository: string,
  url: string,
): Promise<FailedDelivery | undefined> {
  if (config.gitServer !== 'gitea') return undefined;
  const hooks = await git.listHooks(config.organization, repository);
  const hook = hooks.find((candidate) => candidate.config.url === url);
  if (hook === undefined) return undefined;
  const [newest] = (await git.findDeliveries(config.organization, repository, hook.id, 1)) ?? [];
  const attempt = newest?.attempts.at(-1);
  if (newest === undefined || attempt === undefined || newest.state === 'delivered') return undefined;
  const words = attempt.answer.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
  return {
    url,
    answer: attempt.status === null ? words : `${attempt.status}${words === '' ? '' : ` (${words})`}`,
    final: newest.state === 'failed' || newest.attempts.length >= TRIES,
  };
}
