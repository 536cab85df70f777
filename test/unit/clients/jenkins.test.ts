import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { branchJob, createJenkins, revisionOf, type Build } from '../../../src/clients/jenkins.ts';

describe('the Jenkins client', () => {
  test('names the job of a branch as branch-api encodes it', () => {
    expect(branchJob('storefront', 'main')).toEqual(['storefront', 'main']);
    expect(branchJob('storefront', 'feature/x#1')).toEqual(['storefront', 'feature%2Fx%231']);
    // As jobs of Jenkins 2.568 are called.
    expect(branchJob('storefront', 'a&b@c;d!e$f')).toEqual(['storefront', 'a&b@c;d!e$f']);
    expect(branchJob('storefront', '100%[x]')).toEqual(['storefront', '100%25%5Bx%5D']);
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

  describe('against a server that answers as Jenkins 2.568 does', () => {
    /** The raw log, of which each look shows so many bytes more. */
    async function served<T>(log: string, step: number, work: (url: string) => Promise<T>): Promise<T> {
      const bytes = Buffer.from(log);
      let grown = 0;
      const server = createServer((request, response) => {
        const url = new URL(request.url ?? '/', 'http://localhost');
        if (url.pathname === '/queue/cancelItem') {
          response.writeHead(500).end('Could not cancel run for id 7');
          return;
        }
        if (url.pathname === '/queue/api/json') {
          const task = (path: string) => ({ url: `http://ci.example/prefix${path}` });
          const items = [
            { id: 9, task: task('/job/storefront/job/main/') },
            { id: 3, task: task('/job/storefront/') },
            { id: 4, task: task('/job/other/job/storefront-2/') },
            { id: 5, task: {} },
          ];
          response.end(JSON.stringify({ items }));
          return;
        }
        if (url.pathname.endsWith('/8/api/json')) {
          const actions = [
            {
              _class: 'hudson.model.CauseAction',
              causes: [{ shortDescription: 'Push event to branch main' }],
            },
            {
              _class: 'jenkins.model.InterruptedBuildAction',
              causes: [{ shortDescription: 'Aborted by developer' }],
            },
          ];
          response.end(JSON.stringify({ number: 8, actions }));
          return;
        }
        if (url.pathname.endsWith('/wfapi/describe')) {
          const stage = { id: '6', name: 'Validate', status: 'IN_PROGRESS', startTimeMillis: 1000 };
          response.end(JSON.stringify({ stages: [{ ...stage, durationMillis: -24 }] }));
          return;
        }
        if (url.pathname === '/crumbIssuer/api/json') {
          response.writeHead(404).end();
          return;
        }
        if (!url.pathname.endsWith('/logText/progressiveText')) {
          const page =
            '<!DOCTYPE html><html><head><title>Jenkins</title><script>x()</script></head><body><h1>Oops</h1><p>No such <b>build</b></p></body></html>';
          response.writeHead(403).end(page);
          return;
        }
        grown = Math.min(bytes.length, grown + step);
        response.setHeader('x-text-size', grown);
        if (grown < bytes.length) response.setHeader('x-more-data', 'true');
        response.end(bytes.subarray(Number(url.searchParams.get('start')), grown));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    }
    const clientAt = (url: string) => createJenkins({ url, username: 'ci', password: 'x' });

    test('reads a growing log without the notes of its pages, however it is cut', async () => {
      const note = '\u001b[8mha:////4AbC+/x=\u001b[0m';
      const raw = `Started by ${note}user Ada\r\n${note}[Pipeline] node\r\n\u001b[31mred\u001b[0m and the end\r\n`;
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 3, max: raw.length }), async (step) => {
          await served(raw, step, async (url) => {
            let text = '';
            for (let start = 0, more = true; more;) {
              const chunk = await clientAt(url).logChunk(['app', 'main'], 1, start);
              text += chunk.text;
              ({ next: start, more } = chunk);
            }
            expect(text).toBe('Started by user Ada\n[Pipeline] node\n\u001b[31mred\u001b[0m and the end\n');
          });
        }),
        { numRuns: 25 },
      );
    });

    test('tells what waits below one folder, oldest first', async () => {
      await served('', 1, async (url) => {
        expect(await clientAt(url).queue()).toEqual([3, 4, 5, 9]);
        expect(await clientAt(url).queue(['storefront'])).toEqual([3, 9]);
      });
    });

    test('finds nothing wrong with an item that has left the queue for its build', async () => {
      await served('', 1, (url) => clientAt(url).cancelQueueItem(7));
    });

    test('does not take who ended a build for a reason that it was started for', async () => {
      await served('', 1, async (url) => {
        expect(await clientAt(url).build(['app'], 8)).toMatchObject({
          causes: ['Push event to branch main'],
        });
      });
    });

    test('tells of no stage that it has lasted less than no time', async () => {
      await served('', 1, async (url) => {
        expect(await clientAt(url).stages(['app'], 1)).toMatchObject([{ durationMillis: 0 }]);
      });
    });

    test('tells what a page of errors says, without its markup', async () => {
      await served('', 1, async (url) => {
        await expect(clientAt(url).console(['app'], 1)).rejects.toThrow(/answered 403: Oops No such build$/);
      });
    });
  });
});
