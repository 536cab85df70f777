import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemAuthorities } from '../../../src/lib/authorities.ts';
import { leastEnvironment, run } from '../../../src/lib/process.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authorities-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('Node stays with its own where the system has none in the way of OpenSSL', async () => {
  await writeFile(join(folder, 'ca-bundle.crt'), '');
  for (const place of [folder, join(folder, 'nowhere')]) {
    expect(systemAuthorities(place)).toEqual({ execArgs: [], env: {} });
  }
});

const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' }).toString();

test('a Node that is started with those of the system trusts them, and only them', async () => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'key.pem',
    '-out',
    'own.pem',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
  );
  const hash = openssl('x509', '-noout', '-subject_hash', '-in', 'own.pem').trim();
  const read = (name: string) => readFileSync(join(folder, name));
  const server = createServer({ key: read('key.pem'), cert: read('own.pem') }, (_request, response) => {
    response.end('hello');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const script = `require('node:https').get({ host: '127.0.0.1', servername: 'localhost', port: ${port} }, (r) => r.pipe(process.stdout))
      .on('error', (error) => { console.error(error.code); process.exitCode = 1; });`;
    const ask = async () => {
      const { execArgs, env } = systemAuthorities(folder);
      return run(process.execPath, [...execArgs, '--eval', script], { env: leastEnvironment(env) });
    };
    await writeFile(join(folder, '00000000.0'), '');
    expect(await ask()).toMatchObject({ exitCode: 1, stderr: 'DEPTH_ZERO_SELF_SIGNED_CERT\n' });
    await symlink('own.pem', join(folder, `${hash}.0`));
    expect(await ask()).toMatchObject({ exitCode: 0, stdout: 'hello' });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
