import { z } from 'zod';
import { paceOf } from '../../flow/pace.ts';
import { waitFor, type Look as Seen } from '../../lib/wait.ts';
import { expectation } from '../expectations.ts';
import { text, type KindTable } from '../kinds.ts';
import { look } from '../looks/all.ts';
import { show } from '../looks/look.ts';
import type { Step } from './step.ts';

/** Waits until a look at the live system sees what is expected. */
const wait = z
  .strictObject({
    for: text,
    look,
    expect: expectation,
    /** Where the parts are processes of this machine; in a cluster of pods more is waited. */
    seconds: z.number({ error: 'write a number of seconds' }).min(1).max(600).default(60),
  })
  .transform((order): Step => ({
    title: `Wait for ${order.for}`,
    typed: (site) => [order.look.where(site)],
    async run(site) {
      const look = async (): Promise<Seen<undefined>> => {
        const seen = await order.look.ask(site);
        const { passed } = await order.expect.judge(seen, site);
        return passed ? { done: true, value: undefined } : { done: false, seen: show(seen) };
      };
      const { look: interval, times } = paceOf(site.playground.endpoints);
      await waitFor(look, {
        what: order.for,
        limit: order.seconds * 1000 * times,
        interval,
        signal: site.signal,
      });
    },
  }));

export const waitSteps: KindTable<Step> = { wait };
