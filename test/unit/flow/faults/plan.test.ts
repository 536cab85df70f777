import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../../src/engines/engine.ts';
import { faultNamed, faults } from '../../../../src/flow/faults/catalog.ts';
import type { Place } from '../../../../src/flow/faults/fault.ts';
import { planBreak, planHeal } from '../../../../src/flow/faults/plan.ts';
import { inOrder } from '../../../../src/flow/task.ts';

const place = (capabilities: Partial<Engine>) => ({ engine: { id: 'embedded', ...capabilities } }) as Place;

describe('breaking on purpose', () => {
  test('knows the faults by their names, and the nearest one of a wrong name', () => {
    expect(faults.map(({ id }) => id)).toEqual([
      'wrong-image',
      'crashing-pod',
      'lost-webhook',
      'registry-down',
      'slow-git',
      'node-not-ready',
    ]);
    expect(() => faultNamed('slow-gitt')).toThrow('did you mean "slow-git"?');
    expect(() => faultNamed('a/b')).toThrow('there is no fault "a/b"');
  });

  test('is refused with a reason and the alternatives where the engine cannot do it', () => {
    const attempt = () => planBreak(place({}), faultNamed('registry-down'));
    expect(attempt).toThrow('the engine embedded can');
    try {
      attempt();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'fault-unsupported',
        hint: 'what can be broken here: wrong-image, crashing-pod, lost-webhook',
      });
    }
    expect(planBreak(place({}), faultNamed('wrong-image'))).toHaveLength(2);
  });

  test('is taken back in the opposite order, and seen well only when all is mended', () => {
    const plan = planHeal(place({}), faults);
    const ids = inOrder(plan).map(({ id }) => id);
    expect(ids.slice(0, faults.length)).toEqual(faults.map(({ id }) => id).reverse());
    expect(ids.slice(faults.length).every((id) => id.endsWith('/well'))).toBe(true);
  });

  test('says of each fault what people see and where to look', () => {
    for (const { title, symptom, look } of faults) {
      expect(title).toMatch(/^(the|a) /);
      expect(symptom.length).toBeGreaterThan(30);
      expect(look.length).toBeGreaterThan(20);
    }
  });
});
