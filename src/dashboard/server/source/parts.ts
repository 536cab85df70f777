import { createHttp } from '../../../clients/http.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { Part } from '../../model/observations.ts';
import { lookRepeatedly, Pause, type Watch } from './watch.ts';

/** Milliseconds between two looks. */
const POLL = 5000;

/** Asks every part whether it is there. */
export function watchParts(watch: Watch): void {
  const { playground } = watch;
  const { git, ci, registry, endpoints } = playground;
  const operator = createHttp({ baseUrl: endpoints.gitops.url, timeout: POLL });
  const questions: Readonly<Record<Part, () => Promise<unknown>>> = {
    git: () => git.version(),
    ci: () => ci.whoAmI(),
    registry: () => registry.ping(),
    operator: () => operator.request('GET', '/healthz'),
    cluster: async () => (await playground.cluster()).version(),
  };
  const ask = async ([part, question]: [string, () => Promise<unknown>]) => {
    try {
      await question();
      return [];
    } catch (error) {
      return [[part, messageOf(error)] as const];
    }
  };
  const look = async () => {
    const answers = await Promise.all(Object.entries(questions).map(ask));
    watch.observe({ type: 'parts', down: Object.fromEntries(answers.flat()) });
  };
  const pause = new Pause();
  void lookRepeatedly(watch.signal, look, () => pause.wait(POLL, watch.signal));
}
