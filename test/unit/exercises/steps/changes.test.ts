import { describe, expect, test } from 'vitest';
import { change, contentsOf, describeChange } from '../../../../src/exercises/steps/changes.ts';
import type { Site } from '../../../../src/exercises/site.ts';
import { HttpStatusError } from '../../../../src/clients/http.ts';

const deployment = `# How it runs.
spec:
  replicas: 1 # One is enough.
  containers:
    - name: shop
      image: shop
`;

const repositories: Record<string, Record<string, string>> = {
  shop: {
    'k8s/staging/deployment.yaml': deployment,
    'k8s/staging/service.yaml': 'a: 1\n',
    'README.md': 'shop\n',
  },
  gitops: { 'staging/note.txt': 'from gitops' },
};

/** A Git server with these two repositories, as far as changes ask it. */
const git = {
  readFile: async (_owner: string, name: string, path: string) => {
    const content = repositories[name]?.[path];
    if (content === undefined) throw new HttpStatusError('GET', path, 404, {}, '');
    return Buffer.from(content);
  },
  listFolder: async (_owner: string, name: string, path: string) => {
    const files = Object.keys(repositories[name] ?? {});
    if (files.includes(path)) return { type: 'file', path, sha: path };
    const below = files.filter((file) => path === '' || file.startsWith(`${path}/`));
    const names = new Set(
      below.map((file) => file.slice(path === '' ? 0 : path.length + 1).split('/')[0] ?? ''),
    );
    return [...names].map((entry) => {
      const whole = path === '' ? entry : `${path}/${entry}`;
      return { type: files.includes(whole) ? 'file' : 'dir', path: whole, sha: whole };
    });
  },
};
const site = {
  playground: { git, config: { organization: 'playground' }, ci: { credentials: async () => ['git'] } },
  files: new Map([
    ['start/a.txt', 'a'],
    ['start/b/c.txt', 'c'],
  ]),
} as unknown as Site;

const apply = async (written: object, pending = new Map<string, string | undefined>()) =>
  Object.fromEntries(
    (await contentsOf(site, change.parse(written), { repository: 'shop', branch: 'main' }, pending)).map(
      ({ path, content }) => [path, content],
    ),
  );

describe('a change of files', () => {
  test('sets fields of YAML and keeps comments and formatting', async () => {
    const path = 'k8s/staging/deployment.yaml';
    const set = [
      { field: 'spec.replicas', to: 2 },
      { field: 'metadata.annotations["a.b/c"]', to: 'x' },
    ];
    expect((await apply({ path, set }))[path]).toBe(
      `${deployment.replace('replicas: 1', 'replicas: 2')}metadata:\n  annotations:\n    a.b/c: x\n`,
    );
  });

  test('sets a field to what a look sees', async () => {
    const path = 'k8s/staging/service.yaml';
    expect((await apply({ path, set: [{ field: 'a', look: { credentials: {} } }] }))[path]).toBe(
      'a:\n  - git\n',
    );
  });

  test('replaces every match, line by line', async () => {
    const path = 'k8s/staging/deployment.yaml';
    const content = (await apply({ path, replace: '^( +)image: .*$', with: '$1image: other' }))[path];
    expect(content).toBe(deployment.replace('image: shop', 'image: other'));
  });

  test('copies files and folders of the exercise and of repositories', async () => {
    expect(await apply({ path: '.', copy: 'start' })).toEqual({ 'a.txt': 'a', 'b/c.txt': 'c' });
    expect(await apply({ path: 'x.txt', copy: 'start/a.txt' })).toEqual({ 'x.txt': 'a' });
    expect(await apply({ path: 'k8s/qa', from: { path: 'k8s/staging' } })).toEqual({
      'k8s/qa/deployment.yaml': deployment,
      'k8s/qa/service.yaml': 'a: 1\n',
    });
    expect(await apply({ path: 'n', from: { repository: 'gitops', path: 'staging/note.txt' } })).toEqual({
      n: 'from gitops',
    });
  });

  test('removes a file, or all below a folder', async () => {
    expect(await apply({ path: 'README.md', remove: true })).toEqual({ 'README.md': undefined });
    expect(Object.keys(await apply({ path: 'k8s', remove: true }))).toHaveLength(2);
    expect(await apply({ path: 'none', remove: true })).toEqual({});
  });

  test('builds on what the same commit has changed before', async () => {
    const pending = new Map([['k8s/qa/service.yaml', 'a: 1\n']]);
    const path = 'k8s/qa/service.yaml';
    expect(await apply({ path, set: [{ field: 'a', to: 2 }] }, pending)).toEqual({ [path]: 'a: 2\n' });
    expect(await apply({ path: 'k8s/qa', remove: true }, pending)).toEqual({ [path]: undefined });
  });

  test('says what is not there', async () => {
    await expect(apply({ path: 'none.yaml', set: [{ field: 'a', to: 1 }] })).rejects.toMatchObject({
      code: 'step-impossible',
      message: 'shop has no none.yaml, which this step works on',
    });
  });

  test.each([
    [{ path: 'a', remove: true }, 'git rm -r a'],
    [{ path: 'k8s/qa', from: { path: 'k8s/staging' } }, 'copy k8s/staging to k8s/qa'],
    [{ path: 'a.yaml', set: [{ field: 'spec.replicas', to: 2 }] }, 'edit a.yaml: spec.replicas: 2'],
    [{ path: 'a.js', replace: 'x', with: "colour = 'coral'" }, "edit a.js: colour = 'coral'"],
  ])('is told as a person would do it: %j', (written, line) => {
    expect(describeChange(change.parse(written))).toBe(line);
  });
});
