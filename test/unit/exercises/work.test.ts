import { expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import { refuseUnfit } from '../../../src/exercises/work.ts';

const exercise = {
  id: 'drift',
  except: {
    ...{ embedded: 'it needs a node', flux: 'it is about Applications' },
    'scm-manager': 'it is about deliveries',
  },
};
type GitServer = 'gitea' | 'scm-manager';
const playgroundWith = (operator: 'argocd' | 'flux', gitServer: GitServer) => ({
  config: configSchema.parse({ engine: 'kubernetes', operator, gitServer }),
});

test('an exercise is refused on an engine, with an operator and with a Git server that it names, with its reason', () => {
  const refuse =
    (engine: string, operator: 'argocd' | 'flux', gitServer: GitServer = 'gitea') =>
    () => {
      refuseUnfit(exercise, engine, playgroundWith(operator, gitServer));
    };
  expect(refuse('embedded', 'argocd')).toThrow(
    'the exercise "drift" cannot be done on the engine embedded: it needs a node',
  );
  expect(refuse('kubernetes', 'flux')).toThrow(
    'the exercise "drift" cannot be done with the operator flux: it is about Applications',
  );
  expect(refuse('kubernetes', 'argocd', 'scm-manager')).toThrow(
    'the exercise "drift" cannot be done with the Git server scm-manager: it is about deliveries',
  );
  expect(refuse('kubernetes', 'argocd')).not.toThrow();
});
