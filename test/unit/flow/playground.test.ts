import { describe, expect, test } from 'vitest';
import { seenFromHere } from '../../../src/flow/playground.ts';

describe('an address that a part in the cluster gives', () => {
  const git = { url: 'http://localhost:8401', clusterUrl: 'http://gitea-http.gitea.svc.cluster.local:3000' };

  test('is told as the laptop reaches it', () => {
    expect(seenFromHere(git, `${git.clusterUrl}/playground/gitops.git`)).toBe(
      `${git.url}/playground/gitops.git`,
    );
    expect(seenFromHere(git, git.clusterUrl)).toBe(git.url);
  });

  test('is left alone when it is of somebody else', () => {
    for (const address of [`${git.clusterUrl}1/a`, `${git.url}/a`, 'https://example.com/a']) {
      expect(seenFromHere(git, address)).toBe(address);
    }
  });
});
