import { expect, test } from 'vitest';
import { HttpStatusError } from '../../../src/clients/http.ts';
import { explainPart } from '../../../src/flow/explain.ts';
import { WaitTimeout } from '../../../src/lib/wait.ts';

test('what a part answered, or did not answer, is no mistake of this program', () => {
  const refused = new HttpStatusError(
    'POST',
    'http://127.0.0.1:1/hooks',
    507,
    {},
    '{"message":"the disk is full"}',
  );
  expect(explainPart(refused)).toMatchObject({ code: 'part-refused', hint: expect.stringContaining('logs') });
  expect(explainPart(refused)?.message).toContain('the disk is full');
  expect(explainPart(new WaitTimeout('the sync', 1000, 'OutOfSync'))).toMatchObject({ code: 'timed-out' });
  const silent = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  expect(explainPart(silent)).toMatchObject({ code: 'part-silent' });
});

test('everything else is left to be reported as one', () => {
  expect(explainPart(new TypeError('undefined is not a function'))).toBeUndefined();
  expect(explainPart('a text')).toBeUndefined();
});
