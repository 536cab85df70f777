import { execa } from 'execa';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { loadServer, median, silentLog } from './servers.js';

const RUNS = 5;

/** Push and clone of the same repository through our Git server and through `git http-backend`. */
export async function gitServers(folder) {
  const source = join(folder, 'git-source');
  mkdirSync(source);
  const git = (...args) =>
    execa('git', ['-C', source, '-c', 'user.name=b', '-c', 'user.email=b@example.com', ...args], {
      env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' },
    });
  await git('init', '--quiet', '--initial-branch=main');
  for (let file = 0; file < 50; file += 1) writeFileSync(join(source, `${file}.bin`), randomBytes(20_000));
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'a megabyte');

  const measure = async (urlOf) => ({
    push: await median(RUNS, async (time) => git('push', '--quiet', await urlOf(time), 'main')),
    clone: await median(RUNS, async (time) =>
      git('clone', '--quiet', await urlOf(0), join(folder, `clone-${Math.random()}-${time}`)),
    ),
  });

  const ours = await startOurs(folder);
  const theirs = await startHttpBackend(folder);
  try {
    const [embedded, httpBackend] = [await measure(ours.urlOf), await measure(theirs.urlOf)];
    return {
      embedded,
      gitHttpBackend: httpBackend,
      ratio: {
        push: ratio(embedded.push, httpBackend.push),
        clone: ratio(embedded.clone, httpBackend.clone),
      },
    };
  } finally {
    await ours.close();
    await theirs.close();
  }
}

const ratio = (ours, theirs) => Math.round((ours / theirs) * 100) / 100;

async function startOurs(folder) {
  const { startGitServer } = await loadServer('git');
  const admin = { username: 'bench', password: 'bench-password', email: 'bench@example.com' };
  const server = await startGitServer({ dataDir: join(folder, 'git-ours'), port: 0, log: silentLog, admin });
  const made = new Set();
  return {
    close: () => server.close(),
    async urlOf(time) {
      const name = `repository-${time}`;
      if (!made.has(name)) {
        made.add(name);
        await fetch(`${server.url}/api/v1/user/repos`, {
          method: 'POST',
          headers: {
            authorization: `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString('base64')}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ name, default_branch: 'main' }),
        });
      }
      return `${server.url.replace('://', `://${admin.username}:${admin.password}@`)}/bench/${name}.git`;
    },
  };
}

async function startHttpBackend(folder) {
  const repositories = join(folder, 'git-theirs');
  mkdirSync(repositories);
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: repositories,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: request.method,
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: request.headers['content-length'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
        REMOTE_USER: 'bench',
        REMOTE_ADDR: '127.0.0.1',
      },
    });
    request.pipe(child.stdin);
    answer(child.stdout, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    close: () => new Promise((resolve) => server.close(resolve)),
    async urlOf(time) {
      const name = `repository-${time}.git`;
      await execa('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(repositories, name)]);
      return `http://127.0.0.1:${server.address().port}/${name}`;
    },
  };
}

/** Passes a CGI answer on: its header lines, then its body. */
function answer(stdout, response) {
  let head = Buffer.alloc(0);
  const onData = (chunk) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    stdout.off('data', onData);
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name, value] = line.split(/:\s*(.*)/s);
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    stdout.pipe(response);
  };
  stdout.on('data', onData);
}
