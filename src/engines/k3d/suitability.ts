import type { Config } from '../../config/schema.ts';
import type { Finding } from '../engine.ts';
import { knock } from './docker.ts';

/** Milliseconds in which a Docker engine that answers has to say enough for a choice. */
const CHOICE_LIMIT_MS = 2500;

/**
 * Why this machine should not run a playground in k3d, in words for a person; undefined when nothing speaks against it.
 * Where no Docker engine answers, it is found out without loading anything.
 */
export async function whyNotK3d(config: Config): Promise<string | undefined> {
  const found = await knock();
  if (found.state !== 'answers') return found.reason;
  const [{ connectDocker }, { lookAround }] = await Promise.all([
    import('./docker.ts'),
    import('./engine.ts'),
  ]);
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => {
      resolve([
        { title: 'Docker', level: 'fail', detail: `it did not tell enough within ${CHOICE_LIMIT_MS} ms` },
      ]);
    }, CHOICE_LIMIT_MS);
  });
  try {
    const findings = await Promise.race([lookAround(await connectDocker(found.host), config), slow]);
    const against = findings.find(({ level }) => level === 'fail');
    return against === undefined ? undefined : `k3d would not do here: ${against.title}: ${against.detail}`;
  } catch (error) {
    return `Docker cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    clearTimeout(timer);
  }
}
