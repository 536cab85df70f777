import { expect, test } from 'vitest';
import { namedImages } from '../../../../src/engines/components/named-images.ts';

test('images are found in pods, in templates of pods, and in kinds that operators make pods of', () => {
  const containers = [{ name: 'a', image: 'docker.io/library/a:1' }];
  expect(
    namedImages([
      { kind: 'Pod', spec: { containers, initContainers: [{ image: 'b:2' }] } },
      { kind: 'CronJob', spec: { jobTemplate: { spec: { template: { spec: { containers } } } } } },
      { kind: 'Prometheus', spec: { image: 'quay.io/prometheus/prometheus:v3' } },
    ]),
  ).toEqual(['b:2', 'docker.io/library/a:1', 'quay.io/prometheus/prometheus:v3']);
});

test('an operator that is told of an image by an argument names it, too; other arguments are none', () => {
  const args = [
    '--prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1',
    '--acme-http01-solver-image=quay.io/jetstack/cert-manager-acmesolver:v1.21.1',
    '--config-reloader-cpu-limit=0',
    '--image-pull-policy=Always',
    '--log-level=info',
  ];
  expect(namedImages([{ spec: { containers: [{ args }] } }])).toEqual([
    'quay.io/jetstack/cert-manager-acmesolver:v1.21.1',
    'quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1',
  ]);
});

test('a package of Crossplane is an image', () => {
  const spec = { package: 'xpkg.crossplane.io/crossplane-contrib/provider-kubernetes:v1.2.1' };
  expect(namedImages([{ kind: 'Provider', spec }])).toEqual([spec.package]);
  expect(namedImages([{ kind: 'Provider', spec: { type: 'slack' } }])).toEqual([]);
});

test('values of a chart name an image in three parts; with fewer, the chart knows the rest', () => {
  const image = { registry: 'mirror.gcr.io', repository: 'library/alpine', tag: '3.20' };
  expect(namedImages([{ initContainer: { image } }])).toEqual(['mirror.gcr.io/library/alpine:3.20']);
  expect(namedImages([{ image: { registry: 'quay.io', repository: 'a/b' } }])).toEqual([]);
});

test('a schema, a map of values and a text that only speaks of images name none', () => {
  expect(
    namedImages([
      { properties: { image: { type: 'string', description: 'the image' } } },
      { image: { repository: 'grafana', tag: '13' } },
      { data: { 'config.yaml': 'image: hidden:1' } },
      { image: '' },
      { image: 'Not A Reference' },
      null,
    ]),
  ).toEqual([]);
});
