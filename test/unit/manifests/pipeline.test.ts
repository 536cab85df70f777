import { describe, expect, it } from 'vitest';
import { parseGroovy } from '../../../src/servers/ci/groovy/parser.ts';
import { seeded } from './library.ts';

const scripts = Object.entries({ ...seeded('storefront'), ...seeded('pipeline-library') }).filter(
  ([path]) => path === 'Jenkinsfile' || path.endsWith('.groovy'),
);

describe('the pipeline', () => {
  it.each(scripts)('%s is Groovy', (file, source) => {
    expect(parseGroovy({ file, source })).toBeTruthy();
  });

  it('uses no step that is neither of the library nor one that Jenkins has', () => {
    const own = scripts.filter(([path]) => path.startsWith('vars/')).map(([path]) => path.slice(5, -7));
    const known = ['sh', 'junit', 'writeFile', 'libraryResource', 'readJSON', 'withCredentials', 'usernamePassword'];
    const words = ['if', 'for', 'call', 'branch', 'stage', 'disableConcurrentBuilds', 'timeout', 'Library', ...known, ...own];
    for (const [path, source] of scripts) {
      const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').replace(/'[^'\n]*'/g, "''");
      for (const [, name] of code.matchAll(/(?<![.\w])([A-Za-z]\w*)\(/g)) expect(words, path).toContain(name);
    }
  });

  it('takes credentials from the CI server, and puts them into no text', () => {
    const source = seeded('pipeline-library')['vars/changeStage.groovy'] ?? '';
    expect(source).toContain("usernamePassword(credentialsId: 'git'");
    expect(source).not.toMatch(/\$\{?(env\.)?GIT_(PASSWORD|USERNAME)/);
  });

  // By its age the Image Updater finds the newest image; one without a date it passes over.
  it('makes images as old as their commits', () => {
    const source = seeded('pipeline-library')['vars/buildImage.groovy'] ?? '';
    expect(source).toContain(String.raw`--created \"\$(git log -1 --format=%cI)\"`);
  });
});
