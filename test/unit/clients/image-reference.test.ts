import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImageReference, type ImageReference } from '../../../src/clients/image-reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseImageReference', () => {
  it.each([
    ['node', { registry: 'docker.io', repository: 'library/node' }],
    ['node:22-alpine', { registry: 'docker.io', repository: 'library/node', tag: '22-alpine' }],
    ['bitnami/git', { registry: 'docker.io', repository: 'bitnami/git' }],
    ['localhost/x', { registry: 'localhost', repository: 'x' }],
    ['localhost:5000/a/b:c', { registry: 'localhost:5000', repository: 'a/b', tag: 'c' }],
    [`localhost:5000/a@${digest}`, { registry: 'localhost:5000', repository: 'a', digest }],
    [`ghcr.io/a/b:1@${digest}`, { registry: 'ghcr.io', repository: 'a/b', tag: '1', digest }],
    ['[::1]:5000/a', { registry: '[::1]:5000', repository: 'a' }],
  ])('reads %s', (text, expected) => {
    expect(parseImageReference(text)).toEqual(expected);
  });

  it.each([
    '',
    'UPPER/case',
    'a//b',
    'host:5000/',
    'a:',
    'a:b:c',
    'a@sha256:abc',
    `a@${digest}@${digest}`,
    'a/../b',
    'x y',
  ])('refuses %j with a hint', (text) => {
    expect(() => parseImageReference(text)).toThrow(
      expect.objectContaining({
        code: 'image-reference-invalid',
        hint: expect.stringContaining('host:port/name'),
      }),
    );
  });

  it('reads every part of what can be written', () => {
    const written = ({ registry, repository, tag, digest: pinned }: ImageReference) =>
      `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${pinned === undefined ? '' : `@${pinned}`}`;
    const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}$/);
    const reference = fc.record(
      {
        registry: fc.constantFrom('localhost:5000', 'docker.io', 'ghcr.io', '127.0.0.1:1'),
        repository: fc.array(component, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
        tag: fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/),
        digest: fc.constant(digest),
      },
      { requiredKeys: ['registry', 'repository'] },
    );
    fc.assert(
      fc.property(reference, (given) => {
        expect(parseImageReference(written(given))).toEqual(given);
      }),
    );
  });

  it('never fails with anything but its own error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        try {
          parseImageReference(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'image-reference-invalid' });
        }
      }),
    );
  });
});
