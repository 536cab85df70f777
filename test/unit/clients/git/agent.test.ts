import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { advertisedReferences } from '../../../../src/clients/git/advertised.ts';
import { readPack } from '../../../../src/clients/git/pack.ts';
import { NO_OBJECT, pushPack } from '../../../../src/clients/git/push.ts';
import { listen } from '../../../../src/lib/http/listen.ts';
import { listRemote } from '../../../../src/servers/gitops/repository/remote.ts';

it('every request of the smart HTTP protocol names itself a Git client, so that no server takes it for a browser', async () => {
  const agents: string[] = [];
  const server = createServer((request, response) => {
    agents.push(request.headers['user-agent'] ?? '');
    request.resume().on('end', () => response.writeHead(404).end());
  });
  const listener = await listen(server, { port: 0 });
  onTestFinished(() => listener.close());
  const url = `http://127.0.0.1:${listener.port}/scm/repo/playground/gitops.git`;
  const commit = 'a'.repeat(40);

  const update = { ref: 'refs/heads/main', before: NO_OBJECT, after: commit };
  await expect(pushPack({ url, authorization: 'Basic x', updates: [update] })).rejects.toThrow('404');
  const pack = readPack({ url, authorization: undefined, want: [commit], have: [] });
  await expect(pack.next()).rejects.toThrow('404');
  await expect(advertisedReferences({ url })).rejects.toThrow('404');
  await expect(listRemote(url, undefined, {})).rejects.toThrow('not found');

  expect(agents).toHaveLength(4);
  expect(agents.filter((agent) => !agent.startsWith('git/'))).toEqual([]);
});
