import { describe, expect, test } from 'vitest';
import { multibranchConfig } from '../../../../src/clients/jenkins.ts';
import { parseJobConfig, withDisabled } from '../../../../src/servers/ci/config-xml.ts';

describe('config.xml', () => {
  const xml = multibranchConfig({
    displayName: 'Store & front',
    description: 'Says "hello" <everywhere>',
    source: {
      serverUrl: 'http://127.0.0.1:3000/',
      owner: 'playground',
      repository: 'storefront',
      credentialsId: 'git',
      pullRequests: true,
    },
    scriptPath: 'ci/Jenkinsfile',
    scanInterval: 60_000,
    libraries: [
      {
        name: 'pipeline-library',
        remote: 'http://127.0.0.1:3000/playground/pipeline-library.git',
        defaultVersion: 'main',
        implicit: true,
      },
    ],
  });

  test('what the client writes for a multibranch project is read back whole', () => {
    expect(parseJobConfig(xml)).toEqual({
      kind: 'multibranch',
      displayName: 'Store & front',
      description: 'Says "hello" <everywhere>',
      disabled: false,
      scriptPath: 'ci/Jenkinsfile',
      scanInterval: 60_000,
      source: {
        kind: 'gitea',
        remote: 'http://127.0.0.1:3000/playground/storefront.git',
        credentialsId: 'git',
        gitea: { serverUrl: 'http://127.0.0.1:3000', owner: 'playground', repository: 'storefront' },
        branches: true,
        pullRequests: true,
      },
      libraries: [
        {
          name: 'pipeline-library',
          remote: 'http://127.0.0.1:3000/playground/pipeline-library.git',
          credentialsId: undefined,
          defaultVersion: 'main',
          implicit: true,
          allowVersionOverride: true,
        },
      ],
    });
  });

  test('disabling changes nothing else', () => {
    const disabled = withDisabled(xml, true);
    expect(parseJobConfig(disabled)).toEqual({ ...parseJobConfig(xml), disabled: true });
    expect(withDisabled(disabled, false)).toBe(xml);
  });

  test.each([
    ['not XML at all', 'hello', /not valid XML/],
    ['an unclosed element', '<a><b></a>', /line 1/],
    ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><flow-definition/>', /document type/],
    ['a job of another kind', '<project/>', /multibranch projects/],
    [
      'a source that is not git',
      xml.replace('org.jenkinsci.plugin.gitea.GiteaSCMSource', 'x.SubversionSource'),
      /SubversionSource/,
    ],
    ['a Gitea source without owner', xml.replace(/<repoOwner>.*<\/repoOwner>/, ''), /repoOwner/],
  ])('%s is refused with the reason', (_what, document, reason) => {
    expect(() => parseJobConfig(document)).toThrow(reason);
  });
});
