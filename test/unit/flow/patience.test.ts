import { expect, test } from 'vitest';
import { patientLook } from '../../../src/flow/patience.ts';

const broken = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

test('a part that is away is seen as such, and is waited for', async () => {
  const answers = [broken, broken, 'back'];
  const look = patientLook('the CI server', 1000, async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return { done: true, value: answer };
  });
  expect(await look()).toEqual({
    done: false,
    seen: 'the CI server does not answer: connect ECONNREFUSED',
  });
  expect(await look()).toMatchObject({ done: false });
  expect(await look()).toEqual({ done: true, value: 'back' });
});

test('a part that stays away for the limit is told by its name, with what it failed with', async () => {
  const look = patientLook('the CI server', 0, () => Promise.reject(broken));
  await expect(look()).rejects.toMatchObject({
    code: 'part-silent',
    message: 'the CI server does not answer: connect ECONNREFUSED',
    cause: broken,
  });
});

test('any other failure is thrown at once', async () => {
  const mistake = new TypeError('undefined is not a function');
  await expect(patientLook('the CI server', 1000, () => Promise.reject(mistake))()).rejects.toBe(mistake);
});
