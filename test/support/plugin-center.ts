import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';

/** The file of a plugin, as far as these tests go. */
export function smp(name: string): Buffer {
  return Buffer.from(`the plugin ${name}`);
}

/** A plugin in the words in which SCM-Manager's plugin center offers it. */
export function offer(name: string, dependencies: readonly string[] = []) {
  return {
    ...{ name, version: '3.0.0', displayName: name, author: 'Somebody', type: 'SCM' },
    sha256sum: createHash('sha256').update(smp(name)).digest('hex'),
    conditions: { minVersion: '3.11.0' },
    dependencies,
    optionalDependencies: ['scm-editor-plugin'],
    _links: { download: { href: `/api/v1/download/${name}/3.0.0` }, install: { href: '' } },
  };
}

/** A plugin center: the list of what is offered, or a text in its place, and the files. */
export function pluginCenter(offers: () => string | readonly ReturnType<typeof offer>[]): RequestListener {
  return (request, response) => {
    const name = /^\/api\/v1\/download\/([^/]+)\//.exec(request.url ?? '')?.[1];
    if (name !== undefined) {
      response.end(smp(name));
      return;
    }
    const all = offers();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      typeof all === 'string' ? all : JSON.stringify({ _embedded: { plugins: all, 'plugin-sets': null } }),
    );
  };
}
