import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { planUp } from '../../../src/flow/plan.ts';
import { inOrder } from '../../../src/lib/task.ts';

const unused = () => {
  throw new Error('planning must not touch the engine');
};
const engine: Engine = {
  id: 'embedded',
  preflight: unused,
  up: unused,
  keptConfig: unused,
  state: unused,
  stop: unused,
  down: unused,
  logs: unused,
};

describe('the plan of up', () => {
  const plan = planUp(configSchema.parse({}), engine);
  const place = (id: string) => inOrder(plan).findIndex((task) => task.id === id);

  test('is made without doing anything, and can be ordered', () => {
    expect(inOrder(plan)).toHaveLength(plan.length);
    expect(new Set(plan.map(({ id }) => id)).size).toBe(plan.length);
  });

  test('pushes the first commit only when everything that reacts to it is wired', () => {
    for (const before of ['ci', 'webhooks', 'applications', 'library', 'gitops']) {
      expect(place(before)).toBeLessThan(place('commit'));
    }
  });

  test('proves both stages before it remembers the seeded state', () => {
    expect(place('build')).toBeLessThan(place('staging'));
    expect(place('promotion')).toBeLessThan(place('production'));
    expect(place('production')).toBeLessThan(place('baseline'));
  });

  test('has titles that say what each task brings about', () => {
    for (const { title } of plan) expect(title).toMatch(/^[A-Z][a-z]+ .+/);
  });
});
