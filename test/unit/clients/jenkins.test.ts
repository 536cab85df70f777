import { describe, expect, test } from 'vitest';
import { branchJob, revisionOf, type Build } from '../../../src/clients/jenkins.ts';

describe('the Jenkins client', () => {
  test('names the job of a branch as branch-api encodes it', () => {
    expect(branchJob('storefront', 'main')).toEqual(['storefront', 'main']);
    expect(branchJob('storefront', 'feature/x#1')).toEqual(['storefront', 'feature%2Fx%231']);
  });

  test('finds the commit of one repository among the checkouts of a build', () => {
    const checkout = (url: string, revision: string) => ({ revision, branch: 'main', remoteUrls: [url] });
    const build = {
      checkouts: [
        checkout('http://git:3000/playground/pipeline-library.git', 'a'.repeat(40)),
        checkout('http://git:3000/playground/storefront.git', 'b'.repeat(40)),
      ],
    } as unknown as Build;
    expect(revisionOf(build, 'playground/storefront')).toBe('b'.repeat(40));
    expect(revisionOf(build, 'playground/other')).toBeUndefined();
  });
});
