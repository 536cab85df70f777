import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { bootstrapManifests, seededRepositories } from '../../../src/flow/repositories.ts';

const settings = {
  organization: 'acme',
  application: 'bakery',
  gitUrl: 'http://127.0.0.1:9000/',
  gitClusterUrl: 'http://git.internal:3000',
  ciUrl: 'http://127.0.0.1:9002',
  registryHost: '127.0.0.1:9001',
  ingressPort: 9005,
};
const repositories = seededRepositories(settings);
const fileOf = (repository: string, path: string) => {
  const file = repositories.find(({ name }) => name === repository)?.files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`${repository} has no ${path}`);
  return file.content;
};

describe('seeded repositories', () => {
  it('are the application under its own name, the stages, the operator and the library', () => {
    expect(repositories.map(({ name, role }) => `${name}: ${role}`)).toEqual([
      'bakery: app',
      'gitops: gitops',
      'operator: gitops',
      'pipeline-library: library',
    ]);
  });

  it('each explain themselves in a README', () => {
    for (const { name } of repositories) expect(fileOf(name, 'README.md')).toMatch(/^# \S+\n\n\S/);
  });

  it('have no placeholder left, neither in content nor in paths', () => {
    for (const { files } of repositories)
      for (const { path, content } of files) {
        expect(path).not.toMatch(/__/);
        if (!path.endsWith('yaml.mjs')) expect(content, path).not.toMatch(/__[A-Z]/);
      }
  });

  it('use the address that each reader can reach', () => {
    expect(fileOf('bakery', 'README.md')).toContain('http://127.0.0.1:9000/acme/gitops/pulls');
    expect(fileOf('operator', 'playground.yaml')).toContain('http://git.internal:3000/acme/operator.git');
    expect(fileOf('pipeline-library', 'vars/playground.groovy')).toContain("'http://git.internal:3000'");
  });

  it('refuse a setting that YAML, Groovy or a shell would read as its own', () => {
    expect(() => seededRepositories({ ...settings, application: "x'; rm -rf" })).toThrow(
      /APPLICATION cannot be rendered/,
    );
  });

  it('keep .gitignore, which npm would leave out of the package', () => {
    expect(fileOf('bakery', '.gitignore')).toContain('report.xml');
  });

  it('have an image that needs no RUN', () => {
    expect(fileOf('bakery', 'Dockerfile')).not.toMatch(/^\s*RUN/im);
  });

  it('have an Application for each stage whose folder exists in the GitOps repository', () => {
    for (const stage of ['staging', 'production']) {
      const application = parseAllDocuments(
        fileOf('operator', `applications/bakery-${stage}.yaml`),
      )[0]?.toJS();
      expect(application.spec.source.path).toBe(`${stage}/bakery`);
      expect(application.spec.destination.namespace).toBe(stage);
      expect(fileOf('gitops', `${stage}/bakery/README.md`)).toContain('bakery');
    }
  });

  it('give the project before the first Application to whoever starts the operator', () => {
    expect(bootstrapManifests(repositories).map(({ path }) => path)).toEqual([
      'projects/playground.yaml',
      'playground.yaml',
    ]);
  });

  it('list every program of the library in the step that hands them out', () => {
    const library = repositories.find(({ name }) => name === 'pipeline-library');
    const listed = fileOf('pipeline-library', 'vars/libraryTools.groovy');
    const resources = library?.files.filter(({ path }) => path.startsWith('resources/')) ?? [];
    for (const { path } of resources) expect(listed).toContain(`'${path.slice('resources/'.length)}'`);
  });

  it('have an application whose own tests pass', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'repositories-'));
    try {
      for (const { path, content } of repositories[0]?.files ?? []) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      }
      const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };
      const { stdout } = await promisify(execFile)('node', ['--test'], { cwd: folder, env });
      expect(stdout).toMatch(/fail 0/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
