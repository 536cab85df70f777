import { describe, expect, it } from 'vitest';
import {
  parseManifests,
  refuseSource,
  selectFiles,
  settleNamespaces,
} from '../../../../src/servers/gitops/manifests.ts';

const parse = (content: string) => parseManifests([{ path: 'staging/a.yaml', content }]);
const source = (directory?: object) => ({ repoURL: 'x', path: 'staging', ...(directory && { directory }) });

describe('the files of a folder', () => {
  const names = ['b.yml', 'a.yaml', 'c.json', 'README.md', 'deep/d.yaml'];
  it('are YAML and JSON of the folder itself, in order', () => {
    expect(selectFiles(names, source())).toEqual(['a.yaml', 'b.yml', 'c.json']);
  });
  it('are those below too with recurse, and obey include and exclude', () => {
    expect(selectFiles(names, source({ recurse: true }))).toEqual([
      'a.yaml',
      'b.yml',
      'c.json',
      'deep/d.yaml',
    ]);
    expect(selectFiles(names, source({ include: '*.yaml' }))).toEqual(['a.yaml']);
    expect(selectFiles(names, source({ exclude: '{a.yaml,*.json}' }))).toEqual(['b.yml']);
  });
  it('are refused for a Kustomize folder, unless the spec calls it a directory', () => {
    expect(() => selectFiles(['kustomization.yaml'], source())).toThrow(/Kustomize.*--engine k3d/);
    expect(selectFiles(['kustomization.yaml'], source({}))).toEqual(['kustomization.yaml']);
  });
});

describe('manifests', () => {
  it('are every document of every file; empty ones and lists are no trouble', () => {
    const map = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
    const list = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n`;
    const objects = parse(`# only a comment\n---\n${map('a')}---\n---\n${map('b')}---\n${list}`);
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    expect(parse('')).toEqual([]);
  });

  it.each([
    [
      'bad indentation',
      'apiVersion: v1\nkind: ConfigMap\n metadata:\n  name: x\n',
      /^staging\/a\.yaml:[23]:\d+: the manifest does not parse/,
    ],
    [
      'a key twice',
      'apiVersion: v1\nkind: A\nkind: B\n',
      /^staging\/a\.yaml:3:1: the manifest does not parse: Map keys must be unique/,
    ],
    ['no kind', 'apiVersion: v1\nmetadata: {name: x}\n', /^staging\/a\.yaml:1: the object has no kind/],
    [
      'no name, in the second document',
      'apiVersion: v1\nkind: A\nmetadata: {name: x}\n---\napiVersion: v1\nkind: B\n',
      /^staging\/a\.yaml:5: the B has no metadata\.name/,
    ],
    ['a text', 'just words\n', /^staging\/a\.yaml:1: a Kubernetes object was expected/],
    [
      'a number for an annotation',
      'apiVersion: v1\nkind: A\nmetadata:\n  name: x\n  annotations: {port: 80}\n',
      /metadata\.annotations\.port has to be a text; put 80 in quotes/,
    ],
  ])('with %s are refused with the place', (_name, content, message) => {
    expect(() => parse(content)).toThrow(message);
  });

  it('of other tools are refused with the engine that renders them', () => {
    expect(refuseSource({ repoURL: 'x', chart: 'web' }, false)).toMatch(/Helm.*--engine k3d/);
    expect(refuseSource({ repoURL: 'x', kustomize: {} }, false)).toMatch(/Kustomize/);
    expect(refuseSource({ repoURL: 'x' }, true)).toMatch(/several sources/);
    expect(refuseSource({ repoURL: 'x', path: '.' }, false)).toBeUndefined();
  });

  it('get the namespace of the Application where they live in one and name none', () => {
    const [map, space] = parse(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b, namespace: c}\n',
    );
    const { objects } = settleNamespaces([map!, space!], 'staging', ({ kind }) => kind !== 'Namespace');
    expect(objects.map(({ metadata }) => metadata)).toEqual([
      { name: 'a', namespace: 'staging' },
      { name: 'b' },
    ]);
  });

  it('that stand twice count once, with a warning', () => {
    const twice = parse(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: staging}\n',
    );
    const { objects, conditions } = settleNamespaces(twice, 'staging', () => true);
    expect(objects).toHaveLength(1);
    expect(conditions).toEqual([
      {
        type: 'RepeatedResourceWarning',
        message: 'Resource ConfigMap staging/a appeared 2 times among application resources.',
      },
    ]);
  });
});
