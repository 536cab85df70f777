import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folderWith, libraryModule, seeded, seededStage } from './library.ts';
import { smallSchema } from './small-schema.ts';

const { validate } = await libraryModule('manifests/validate.mjs');
const { renderProblems } = await libraryModule('manifests/report.mjs');
const { readManifest } = await libraryModule('manifests/source.mjs');

interface Problem {
  file: string;
  line: number;
  column: number;
  path?: string;
  message: string;
  policy?: { name: string; reason: string; mend: string };
}

/** Validates the files as one folder; gives `file:line:column: path: message [policy]` for each problem. */
async function problemsOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string[]> {
  const folder = await folderWith(files);
  const { problems } = validate([folder], { app: 'storefront', schema: smallSchema }) as { problems: Problem[] };
  return problems.map(({ file, line, column, path, message, policy }) => {
    const place = `${file.slice(folder.length + 1)}:${line}:${column}`;
    return `${place}: ${path ? `${path}: ` : ''}${message}${policy ? ` [${policy.name}]` : ''}`;
  });
}

const stage = seededStage('staging');
const changed = (file: string, from: string, to: string): Record<string, string> => {
  const content = stage[file] ?? '';
  if (!content.includes(from)) throw new Error(`${file} does not contain ${from}`);
  return { ...stage, [file]: content.replace(from, to) };
};
const configMap = (lines: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n${lines}\n`;

describe('validate', () => {
  it('finds nothing wrong in what a playground is seeded with', async () => {
    expect(await problemsOf(stage)).toEqual([]);
    expect(await problemsOf(seededStage('production'))).toEqual([]);
    const operator = Object.entries(seeded('operator')).filter(([path]) => path.endsWith('.yaml'));
    expect(await problemsOf(Object.fromEntries(operator))).toEqual([]);
  });

  it('reports the problems of all files together, in the order of places', async () => {
    const files = { ...changed('deployment.yaml', '8080', '8O'), 'service.yaml': 'kind: [', 'a.yaml': 'just text' };
    expect(await problemsOf(files)).toEqual([
      'a.yaml:1:1: must be a map that begins with apiVersion and kind',
      'deployment.yaml:32:30: spec.template.spec.containers[0].ports[0].containerPort: must be an integer, found "8O"',
      expect.stringMatching(/^service\.yaml:1:8: is not YAML: /),
    ]);
  });

  it('shows the line and marks the place', async () => {
    const folder = await folderWith(changed('deployment.yaml', '8080', '8O'));
    const { problems } = validate([folder], { app: 'storefront', schema: smallSchema });
    expect(renderProblems(problems)).toContain(
      '   32 |               containerPort: 8O\n      |                              ^^\n',
    );
  });

  it('names the policy, its reason and its mend', async () => {
    const folder = await folderWith(changed('deployment.yaml', 'image: storefront', 'image: nginx'));
    const { problems } = validate([folder], { app: 'storefront', schema: smallSchema });
    const text: string = renderProblems(problems);
    expect(text).toContain('the image nginx has no version [image-is-pinned]');
    expect(text).toMatch(/why: {2}a tag like latest names another image tomorrow/);
    expect(text).toMatch(/mend: write a version/);
  });

  it.each([
    ['a folder that is empty', {}, /has no manifests/],
    ['a duplicate key', { 'a.yaml': configMap('data:\n  a: b\n  a: c') }, /^a\.yaml:7:3: this key is there twice/],
    ['a tab', { 'a.yaml': configMap('data:\n\ta: b') }, /^a\.yaml:6:\d+: .*(tab|indent)/i],
    ['bytes that are no text', { 'a.yaml': new Uint8Array([0xff, 0xfe, 0x00]) }, /is not UTF-8 text/],
    ['a missing kind', { 'a.yaml': 'apiVersion: v1\nmetadata: {}\n' }, /^a\.yaml:1:1: kind: is required/],
    ['an unknown kind', { 'a.yaml': 'apiVersion: apps/v1\nkind: Deploymentz\n' }, /:2:7: kind: unknown kind "Deploymentz", did you mean Deployment\?/],
    ['a kind of another group', { 'a.yaml': 'apiVersion: v1\nkind: Deployment\n' }, /:1:13: apiVersion: there is no Deployment in v1, it is in apps\/v1/],
    ['a kind from the prototype', { 'a.yaml': 'apiVersion: constructor\nkind: toString\n' }, /unknown kind "toString"/],
    ['an unknown field', { 'a.yaml': configMap('dta:\n  a: b') }, /:5:1: dta: is no field of ConfigMap, did you mean data\?/],
    ['a number where a text belongs', { 'a.yaml': configMap('data:\n  port: 8080') }, /:6:9: data\.port: must be a string, found 8080/],
    ['a text where true or false belongs', { 'a.yaml': configMap('immutable: "true"') }, /must be true or false, found "true"/],
    ['a list where a map belongs', { 'a.yaml': configMap('data:\n  - a') }, /:5:1: data: must be a map, found a list/],
    ['a plain yes', { 'a.yaml': configMap('data:\n  a: yes') }, /:6:6: yes is read as true or false by some/],
    ['a plain octal number', { 'a.yaml': configMap('data:\n  a: 0644') }, /octal for some programs/],
    ['an alias to nothing', { 'a.yaml': configMap('data: *nothing') }, /Unresolved alias|alias/],
    ['a name that Kubernetes refuses', { 'a.yaml': configMap('').replace('settings', 'My_Settings') }, /"My_Settings" is no valid name \[name-is-valid\]/],
    ['an object without a name', { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n' }, /metadata\.name is required \[name-is-valid\]/],
    ['a second object with the same name', { 'a.yaml': `${configMap('')}---\n${configMap('')}` }, /:10:9: metadata\.name: ConfigMap settings is also in .*\[object-is-unique\]/],
    ['a secret in Git', { 'a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\nstringData:\n  key: hush\n' }, /^a\.yaml:5:1: stringData: the Secret key is readable here \[no-secrets-in-git\]/],
    ['a fixed namespace', { 'a.yaml': configMap('').replace('name: settings', 'name: settings\n  namespace: staging') }, /:5:14: metadata\.namespace: the namespace staging is fixed here \[no-fixed-namespace\]/],
  ])('refuses %s', async (_, files, expected) => {
    expect((await problemsOf(files as Record<string, string>)).join('\n')).toMatch(expected);
  });

  it.each([
    ['the tag latest', 'image: storefront', 'image: nginx:latest', /can change at any time \[image-is-pinned\]/],
    ['a port of the registry as if it were a tag', 'image: storefront', 'image: localhost:5000/nginx', /has no version \[image-is-pinned\]/],
    ['no limit of memory', '            limits:\n              memory: 128Mi\n', '', /has no limits\.memory \[resources-are-bounded\]/],
    ['a quantity that is none', 'memory: 128Mi', 'memory: 128MB', /must be a quantity such as 250m, 1 or 64Mi, found "128MB"/],
    ['a privileged container', 'allowPrivilegeEscalation: false', 'privileged: true', /:\d+:\d+: spec.*securityContext\.privileged: .* sets privileged \[no-privileges\]/],
    ['the network of the node', 'automountServiceAccountToken: false', 'hostNetwork: true', /hostNetwork opens the node \[no-host-access\]/],
    ['a folder of the node', 'automountServiceAccountToken: false', 'volumes: [{ name: all, hostPath: { path: / } }]', /the volume all is a folder of the node \[no-host-access\]/],
    ['no probe', 'readinessProbe:', 'livenessProbes:', /livenessProbes: is no field of Deployment, did you mean livenessProbe\?/],
    ['a selector that selects nothing', 'matchLabels:\n      app.kubernetes.io/name: storefront', 'matchLabels:\n      app.kubernetes.io/name: shop', /:12:31: spec\.selector\.matchLabels\["app\.kubernetes\.io\/name"\]: .*\[selector-fits-template\]/],
    ['a ConfigMap that is missing', 'configMapRef:\n                name: storefront', 'configMapRef:\n                name: shop', /there is no ConfigMap shop in this stage \[configmap-exists\]/],
  ])('refuses a Deployment with %s', async (_, from, to, expected) => {
    expect((await problemsOf(changed('deployment.yaml', from, to))).join('\n')).toMatch(expected);
  });

  it('refuses a Deployment without probes', async () => {
    const deployment = (stage['deployment.yaml'] ?? '').replace(/ +# May this[\s\S]*?(?= +resources:)/, '');
    expect(await problemsOf({ ...stage, 'deployment.yaml': deployment })).toEqual([
      expect.stringMatching(/has no readinessProbe and no livenessProbe \[has-probes\]$/),
    ]);
  });

  it('sees when a Service finds no pods, or its port no name', async () => {
    const selector = changed('service.yaml', 'selector:\n    app.kubernetes.io/name: storefront', 'selector:\n    app: shop');
    expect((await problemsOf(selector)).join()).toMatch(/no pods of this stage have the labels app=shop \[service-finds-pods\]/);
    expect((await problemsOf(changed('service.yaml', 'targetPort: http', 'targetPort: htp'))).join()).toMatch(
      /^service\.yaml:15:19: spec\.ports\[0\]\.targetPort: no container port has the name htp/,
    );
  });

  it('sees when an Ingress names no Service, or none of its ports', async () => {
    expect((await problemsOf(changed('ingress.yaml', 'service:\n                name: storefront', 'service:\n                name: shop'))).join()).toMatch(
      /there is no Service shop in this stage \[ingress-finds-service\]/,
    );
    expect((await problemsOf(changed('ingress.yaml', 'name: http\n', 'name: https\n'))).join()).toMatch(
      /the Service storefront has no port https/,
    );
  });

  it('does not say that things are missing while a file of the stage cannot be read', async () => {
    expect(await problemsOf({ ...stage, 'configmap.yaml': 'data: [' })).toEqual([
      expect.stringMatching(/^configmap\.yaml:/),
    ]);
  });

  it('accepts kinds that a CustomResourceDefinition among the manifests declares', async () => {
    const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: cakes.bakery.example
spec:
  group: bakery.example
  names: { kind: Cake }
  versions: [{ name: v1 }]
`;
    const cake = 'apiVersion: bakery.example/v1\nkind: Cake\nmetadata:\n  name: one\nspec:\n  layers: 3\n';
    expect(await problemsOf({ 'cake.yaml': cake })).toEqual([expect.stringMatching(/unknown kind "Cake"/)]);
    expect(await problemsOf({ 'cake.yaml': cake, 'definition.yaml': definition })).toEqual([]);
  });

  it('reads several documents in a file, empty ones, anchors and JSON', async () => {
    const two = `---\n${configMap('data: &data\n  a: b')}---\n---\n${configMap('data: { c: d }').replace('settings', 'other')}`;
    const json = '{ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "third" } }';
    expect(await problemsOf({ 'a.yaml': two, 'b.json': json })).toEqual([]);
  });

  it('refuses a bomb of aliases at once', async () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [index, name] of [...'bcdefghij'].entries()) {
      const last = 'abcdefghi'[index];
      lines.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${last}`).join(', ')}]`);
    }
    const started = Date.now();
    expect((await problemsOf({ 'a.yaml': lines.join('\n') })).join()).toMatch(/aliases \(\*name\) that cannot be resolved/);
    expect(Date.now() - started).toBeLessThan(2000);
  });

  it('refuses a merge key that merges nothing, where YAML 1.1 is asked for', async () => {
    const problems = await problemsOf({ 'a.yaml': '%YAML 1.1\n---\n<<: \nkind: Pod\n' });
    expect(problems.join()).toMatch(/a merge key \(<<\) whose value is no map/);
  });

  it('refuses what is nested too deeply', async () => {
    expect((await problemsOf({ 'a.yaml': 'a: ' + '['.repeat(100_000) })).length).toBeGreaterThan(0);
  });

  it('never ends with anything but problems, whatever bytes it reads', async () => {
    const folder = await folderWith();
    const words = ['apiVersion: v1\n', 'kind: Pod\n', 'kind: Deployment\n', 'apiVersion: apps/v1\n', 'spec:\n', '  ', 'containers:\n', '- ', '&a ', '*a', '<<: ', '? ', ': ', '|\n', '>-\n', '!!binary ', '{', '}', '[', ']', '\n---\n', '\n...\n', '%YAML 1.1\n', 'null', '\t', '#', '"', "'", '__proto__: ', 'metadata:\n', '  name: x\n', 'é', '\u0000'];
    const soup = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 })), { maxLength: 30 });
    fc.assert(
      fc.property(soup, (parts) => {
        const problems: Problem[] = [];
        const bytes = new TextEncoder().encode(parts.join(''));
        readManifest('a.yaml', problems, bytes);
        for (const { line, column, message } of problems) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(message).not.toBe('');
        }
      }),
      { numRuns: 1500 },
    );
    expect(folder).toBeTruthy();
  });

  it('never ends with anything but problems, whatever value stands at any place of a Deployment', async () => {
    const { createSchemaCheck } = await libraryModule('manifests/schema.mjs');
    const { withCustomKinds } = await libraryModule('manifests/custom-kinds.mjs');
    const { policies } = await libraryModule('manifests/policies.mjs');
    const { references } = await libraryModule('manifests/references.mjs');
    const { parseDocument, stringify } = await import('yaml');
    const deployment = parseDocument(stage['deployment.yaml'] ?? '').toJS();
    const paths: (string | number)[][] = [];
    const collect = (value: unknown, path: (string | number)[]) => {
      paths.push(path);
      if (Array.isArray(value)) value.forEach((item, index) => collect(item, [...path, index]));
      else if (typeof value === 'object' && value !== null)
        for (const [key, item] of Object.entries(value)) collect(item, [...path, key]);
    };
    collect(deployment, []);
    const check = createSchemaCheck(withCustomKinds(smallSchema, []));
    fc.assert(
      fc.property(fc.constantFrom(...paths.slice(1)), fc.jsonValue({ maxDepth: 2 }), (path, value) => {
        const document = parseDocument(stage['deployment.yaml'] ?? '');
        document.setIn(path, document.createNode(value));
        const problems: Problem[] = [];
        const { objects } = readManifest('a.yaml', problems, new TextEncoder().encode(stringify(document)));
        for (const object of objects) {
          const before = problems.length;
          check(object, problems);
          if (problems.length > before) continue;
          for (const rule of [...policies, ...references])
            for (const [where, message] of rule.check(object, { app: 'storefront', stage: objects })) {
              expect(object.at(where).line).toBeGreaterThan(0);
              expect(message).toBeTruthy();
            }
        }
      }),
      { numRuns: 600 },
    );
  });
});
