import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, libraryModule, seededStage } from './library.ts';

const { writeStage } = await libraryModule('manifests/write.mjs');

const image = `127.0.0.1:9001/playground/storefront@sha256:${'9f86d081'.repeat(8)}`;
const revision = 'ab12cd34ef567890ab12cd34ef567890ab12cd34';

async function write(files: Readonly<Record<string, string>>, target?: string) {
  const source = await folderWith(files);
  const into = target ?? (await folderWith());
  const result = writeStage({ app: 'storefront', source, target: into, image, revision, origin: 'k8s/staging' });
  return { source, target: into, result, read: (name: string) => readFile(join(into, name), 'utf8') };
}

const pod = (lines: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: one\nspec:\n  containers:\n${lines}\n`;

describe('write', () => {
  it('changes the image, IMAGE and the revision of the seeded Deployment, and no other line', async () => {
    const { read } = await write(seededStage('staging'));
    const before = (seededStage('staging')['deployment.yaml'] ?? '').split('\n');
    const after = (await read('deployment.yaml')).split('\n');
    expect(before.filter((line) => !after.includes(line)).map((line) => line.trim())).toEqual([
      expect.stringMatching(/^image: storefront #/),
      expect.stringMatching(/^value: storefront #/),
    ]);
    expect(after.filter((line) => !before.includes(line)).map((line) => line.trim().replace(/ #.*/, ''))).toEqual([
      expect.stringMatching(/^# Written by the pipeline/),
      'annotations:',
      `gitops-playground.io/revision: ${revision}`,
      `image: ${image}`,
      `value: ${image}`,
    ]);
  });

  it('keeps comments, quotes, blank lines and the indentation of lists', async () => {
    const text = `# on top
apiVersion: v1
kind: Pod # a pod
metadata:
  name: 'one'

  annotations: { note: "keep # this" }
spec:
  # before the list
  containers:
  - name: main
    image: "storefront" # filled in
    args:
    - 'a'

    # between
    - |
      two
      lines
  restartPolicy: Never

# at the end
`;
    const { read } = await write({ 'pod.yaml': text });
    const expected = text
      .replace('"storefront"', `"${image}"`)
      .replace('"keep # this" }', `"keep # this", gitops-playground.io/revision: ${revision} }`);
    const written = (await read('pod.yaml')).split('\n').slice(1).join('\n');
    expect(written.replace(/ {4}env:\n {4}- name: IMAGE\n {6}value: \S+\n/, '')).toBe(expected);
  });

  it('adds IMAGE to a container that has no environment, and to one that has', async () => {
    const { read } = await write({
      'a.yaml': pod('    - name: a\n      image: storefront\n    - name: b\n      image: storefront\n      env:\n        - name: X\n          value: z'),
    });
    const text = await read('a.yaml');
    expect(text.match(new RegExp(`- name: IMAGE\\n +value: ${image}`, 'g'))).toHaveLength(2);
    expect(text).toContain('- name: X');
  });

  it('leaves the other containers and the other objects alone', async () => {
    const files = { 'a.yaml': `${pod('    - name: a\n      image: storefront\n    - name: b\n      image: redis:7')}---\n${pod('    - name: c\n      image: redis:7   # as it is').replace('one', 'two')}` };
    const text = await (await write(files)).read('a.yaml');
    expect(text.match(/redis:7/g)).toHaveLength(2);
    expect(text.match(/gitops-playground.io\/revision/g)).toHaveLength(1);
    expect(text.match(/^---$/gm)).toHaveLength(1);
  });

  it('says that nothing is different when it runs again', async () => {
    const { target, result } = await write(seededStage('staging'));
    expect(result).toContain('deployment.yaml');
    expect((await write(seededStage('staging'), target)).result).toEqual([]);
  });

  it('removes what an earlier run wrote and the source has no more, and nothing else', async () => {
    const { target } = await write(seededStage('staging'));
    await writeFile(join(target, 'mine.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n');
    await writeFile(join(target, 'README.md'), 'mine too');
    const { 'ingress.yaml': _, ...rest } = seededStage('staging');
    const { result } = await write(rest, target);
    expect(result).toEqual(['ingress.yaml']);
    expect((await readdir(target)).sort()).toEqual(['README.md', 'configmap.yaml', 'deployment.yaml', 'mine.yaml', 'service.yaml']);
  });

  it('refuses manifests in which nothing would run the image', async () => {
    await expect(write({ 'a.yaml': pod('    - name: a\n      image: redis:7') })).rejects.toThrow(
      /no container in .* has the image "storefront"/,
    );
  });

  it('refuses manifests that do not parse', async () => {
    await expect(write({ 'a.yaml': 'kind: [' })).rejects.toThrow(/does not parse: validate it first/);
  });
});
