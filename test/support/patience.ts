/** How many times longer than with processes of this machine everything may take: `npm run test:scenarios` says so where parts are pods. */
const patience = Number(process.env.PLAYGROUND_PATIENCE ?? '1');

/** A limit in milliseconds, for the engine that the scenarios run on. */
export function patiently(milliseconds: number): number {
  return milliseconds * patience;
}

/** For tests of a whole playground, by `vi.setConfig`: an `up` may be a part of each. */
export const scenarioLimits = { testTimeout: patiently(180_000), hookTimeout: patiently(90_000) };
