import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadKubeconfig } from '../../../src/clients/kubeconfig.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterAll(() => rm(folder, { recursive: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');

function config(user: object, cluster: object = {}): string {
  return stringify({
    'current-context': 'main',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [
      { name: 'main', context: { cluster: 'c', user: 'u' } },
      { name: 'other', context: { cluster: 'c', user: 'u', namespace: 'there' } },
      { name: 'broken', context: { cluster: 'missing' } },
    ],
  });
}

describe('a kubeconfig', () => {
  it('gives the address, the authority and a token', async () => {
    const text = config({ token: 't' }, { 'certificate-authority-data': base64('CA') });
    expect(await loadKubeconfig({ text })).toEqual({
      context: 'main',
      namespace: 'default',
      http: { baseUrl: 'https://127.0.0.1:6443', ca: 'CA', authorization: 'Bearer t' },
    });
  });

  it('gives a client certificate, inline or from files beside it', async () => {
    const inline = { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') };
    const expected = { clientCertificate: { certificate: 'CERT', key: 'KEY' } };
    expect((await loadKubeconfig({ text: config(inline) })).http).toMatchObject(expected);
    await writeFile(join(folder, 'crt'), 'CERT');
    await writeFile(join(folder, 'key'), 'KEY');
    const file = join(folder, 'config');
    await writeFile(file, config({ 'client-certificate': 'crt', 'client-key': 'key' }));
    expect((await loadKubeconfig({ file })).http).toMatchObject(expected);
  });

  it('asks a credential plugin', async () => {
    const plugin = join(folder, 'plugin');
    const credential = JSON.stringify({ kind: 'ExecCredential', status: { token: 'from-plugin' } });
    await writeFile(plugin, `#!/bin/sh\necho '${credential}'\n`);
    await chmod(plugin, 0o700);
    const text = config({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin } });
    expect((await loadKubeconfig({ text })).http.authorization).toBe('Bearer from-plugin');
  });

  it('takes another context when told, and names the ones that there are', async () => {
    const text = config({ token: 't' });
    expect((await loadKubeconfig({ text, context: 'other' })).namespace).toBe('there');
    await expect(loadKubeconfig({ text, context: 'none' })).rejects.toMatchObject({
      code: 'kubeconfig-context',
      hint: 'choose one of: main, other, broken',
    });
    await expect(loadKubeconfig({ text, context: 'broken' })).rejects.toMatchObject({
      code: 'kubeconfig-invalid',
    });
  });

  it('that is missing or no YAML is told with its path', async () => {
    const file = join(folder, 'nowhere');
    await expect(loadKubeconfig({ file })).rejects.toMatchObject({ code: 'kubeconfig-missing' });
    await expect(loadKubeconfig({ text: '{' })).rejects.toMatchObject({ code: 'kubeconfig-invalid' });
    await expect(loadKubeconfig({ text: 'just text' })).rejects.toMatchObject({ code: 'kubeconfig-invalid' });
  });
});
