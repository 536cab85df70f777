import { describe, expect, test } from 'vitest';
import { parseField, readField } from '../../../src/exercises/fields.ts';

describe('the way to a field', () => {
  test.each([
    ['replicas', ['replicas']],
    ['spec.replicas', ['spec', 'replicas']],
    ['spec.containers[0].image', ['spec', 'containers', 0, 'image']],
    ['metadata.annotations["example.com/a.b"]', ['metadata', 'annotations', 'example.com/a.b']],
    ['[1]', [1]],
  ])('is written as people write it: %s', (written, path) => {
    expect(parseField(written)).toEqual(path);
  });

  test.each(['', '.spec', 'spec..replicas', 'spec[a]', 'spec[', 'a["b'])('is none: "%s"', (written) => {
    expect(parseField(written)).toBeUndefined();
  });

  test('leads to a value, or to nothing', () => {
    const document = { spec: { containers: [{ image: 'shop' }] } };
    expect(readField(document, ['spec', 'containers', 0, 'image'])).toBe('shop');
    expect(readField(document, ['spec', 'containers', 1, 'image'])).toBeUndefined();
    expect(readField(document, ['spec', 'constructor'])).toBeUndefined();
    expect(readField(undefined, ['spec'])).toBeUndefined();
  });
});
