import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Tiny programs under the names of k3d and helm. k3d makes a cluster of two containers in the Docker engine of DOCKER_HOST;
 * what it does instead stands in the file `behaviour` beside it: `hang`, or words that it fails with. helm knows no release, and
 * installs nothing, of which it writes a line to `helm.done`; with `hang` in the file `helm-behaviour` it writes its process id to
 * `helm.pids` and stays. A chart that it pulls is one line of text, and makes one pod of `quay.io/example/NAME:1.0.0`.
 */
export function writeFakeTools(folder: string, kubeconfig: string): void {
  const k3d = `#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
const [, , noun, verb, ...rest] = process.argv;
const behaviour = existsSync(${JSON.stringify(join(folder, 'behaviour'))}) ? readFileSync(${JSON.stringify(join(folder, 'behaviour'))}, 'utf8') : '';
const call = (method, path, body) => new Promise((resolve, reject) => {
  const socketPath = process.env.DOCKER_HOST.replace('unix://', '');
  const sent = request({ socketPath, method, path }, (answer) => { answer.resume(); answer.on('end', resolve); });
  sent.on('error', reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
});
const nodes = ['server-0', 'serverlb'];
if (noun === 'version') console.log('k3d version v5.9.0');
else if (noun === 'kubeconfig') process.stdout.write(${JSON.stringify(kubeconfig)});
else if (behaviour === 'hang') { console.error('INFO[0000] Prep: Network'); setInterval(() => undefined, 1000); }
else if (behaviour !== '') { console.error('FATA[0000] ' + behaviour); process.exitCode = 1; }
else {
  const name = verb === 'create' ? /name: (\\S+)/.exec(readFileSync(rest[1], 'utf8'))[1] : rest[0];
  for (const node of nodes) {
    const Labels = { 'k3d.cluster': name, 'k3d.role': node === 'serverlb' ? 'loadbalancer' : 'server' };
    const container = 'k3d-' + name + '-' + node;
    if (verb === 'create') await call('POST', '/containers/create?name=' + container, { Labels });
    await call('POST', '/containers/' + container + '/' + (verb === 'stop' ? 'stop' : 'start'));
  }
}
`;
  const helm = `#!/usr/bin/env node
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
const [, , verb, name, ...rest] = process.argv;
const option = (wanted) => rest[rest.indexOf(wanted) + 1];
const told = ${JSON.stringify(join(folder, 'helm-behaviour'))};
if (verb === 'version') console.log('v4.1.4+g05fa379');
else if (verb === 'status') process.exitCode = 1;
else if (verb === 'pull') writeFileSync(option('--destination') + '/' + name + '-' + option('--version') + '.tgz', 'the chart ' + name);
else if (verb === 'template') console.log('kind: Pod\\nspec: { containers: [{ image: "quay.io/example/' + name + ':1.0.0" }] }');
else if (verb === 'upgrade' && existsSync(told) && readFileSync(told, 'utf8') === 'hang') {
  appendFileSync(${JSON.stringify(join(folder, 'helm.pids'))}, process.pid + '\\n');
  setInterval(() => undefined, 1000);
} else if (verb === 'get') appendFileSync(${JSON.stringify(join(folder, 'helm.done'))}, process.pid + '\\n');
`;
  for (const [name, text] of Object.entries({ k3d, helm })) {
    // A program without a suffix is a module where the folder says so.
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
}
