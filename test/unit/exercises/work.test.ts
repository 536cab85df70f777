import { expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import { refuseUnfit } from '../../../src/exercises/work.ts';

const exercise = { id: 'drift', except: { embedded: 'it needs a node', flux: 'it is about Applications' } };
const playgroundWith = (operator: 'argocd' | 'flux') => ({
  config: configSchema.parse({ engine: 'kubernetes', operator }),
});

test('an exercise is refused on an engine and with an operator that it names, with its reason', () => {
  const refuse = (engine: string, operator: 'argocd' | 'flux') => () => {
    refuseUnfit(exercise, engine, playgroundWith(operator));
  };
  expect(refuse('embedded', 'argocd')).toThrow(
    'the exercise "drift" cannot be done on the engine embedded: it needs a node',
  );
  expect(refuse('kubernetes', 'flux')).toThrow(
    'the exercise "drift" cannot be done with the operator flux: it is about Applications',
  );
  expect(refuse('kubernetes', 'argocd')).not.toThrow();
});
