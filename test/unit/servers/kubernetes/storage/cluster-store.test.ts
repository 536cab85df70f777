import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChangeEvent, KubernetesObject } from '../../../../../src/servers/kubernetes/cluster.ts';
import {
  createCluster,
  type ClusterStore,
} from '../../../../../src/servers/kubernetes/storage/cluster-store.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };
const CONFIG_MAPS = { group: '', resource: 'configmaps' };
const PODS = { group: '', resource: 'pods' };
const DEPLOYMENTS = { group: 'apps', resource: 'deployments' };

let dataDir: string;
let cluster: ClusterStore;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cluster-'));
  cluster = createCluster({ dataDir });
  cluster.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
});

afterEach(async () => {
  cluster.close();
  await rm(dataDir, { recursive: true });
});

function configMap(name: string, data: Record<string, string> = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function pod(name: string, spec: Record<string, unknown> = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'app', image: 'example:1' }], ...spec },
  };
}

function deployment(name: string): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'example' }] },
      },
    },
  };
}

describe('the store of the cluster', () => {
  it('gives a new object its identity and finds it again', () => {
    const made = cluster.create(CONFIG_MAPS, configMap('a', { key: 'value' }));
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-.*T[\d:]{8}Z$/);
    expect(cluster.get(CONFIG_MAPS, 'default', 'a')).toEqual(made);
  });

  it('refuses a second object of the same name', () => {
    cluster.create(CONFIG_MAPS, configMap('a'));
    expect(() => cluster.create(CONFIG_MAPS, configMap('a'))).toThrow('configmaps "a" already exists');
  });

  it('makes names where only their beginning is given', () => {
    const made = cluster.create(CONFIG_MAPS, {
      ...configMap(''),
      metadata: { name: '', generateName: 'job-', namespace: 'default' },
    });
    expect(made.metadata.name).toMatch(/^job-[a-z0-9]{5}$/);
  });

  it('refuses objects in a namespace that does not exist', () => {
    const stray = { ...configMap('a'), metadata: { name: 'a', namespace: 'nowhere' } };
    expect(() => cluster.create(CONFIG_MAPS, stray)).toThrow('namespaces "nowhere" not found');
  });

  it('fills in what Kubernetes fills in', () => {
    const made = cluster.create(DEPLOYMENTS, deployment('web'));
    expect(made.spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { spec: { restartPolicy: 'Always', containers: [{ imagePullPolicy: 'Always' }] } },
    });
    expect(made.metadata.generation).toBe(1);
  });

  it('tells every problem with the path of its field', () => {
    const broken = pod('Web', { containers: [{ name: 'app' }] });
    expect(() => cluster.create(PODS, broken)).toThrow(
      /Pod "Web" is invalid: \[metadata.name: Invalid value: "Web": .*spec.containers\[0\].image: Required value\]/,
    );
  });

  it('keeps spec and status apart, and counts generations of the spec only', () => {
    const made = cluster.create(DEPLOYMENTS, deployment('web'));
    const withStatus = cluster.update(DEPLOYMENTS, { ...made, status: { replicas: 1 } }, 'status');
    expect(withStatus.metadata.generation).toBe(1);
    const scaled = cluster.update(DEPLOYMENTS, {
      ...withStatus,
      spec: { ...(withStatus.spec as object), replicas: 3 },
      status: { replicas: 99 },
    });
    expect(scaled.metadata.generation).toBe(2);
    expect(scaled.status).toEqual({ replicas: 1 });
  });

  it('refuses a stale write and takes one without a version', () => {
    const first = cluster.create(CONFIG_MAPS, configMap('a'));
    cluster.update(CONFIG_MAPS, { ...first, data: { key: 'new' } });
    expect(() => cluster.update(CONFIG_MAPS, { ...first, data: { key: 'stale' } })).toThrow(
      'the object has been modified',
    );
    expect(cluster.update(CONFIG_MAPS, configMap('a', { key: 'blind' })).data).toEqual({ key: 'blind' });
  });

  it('makes no event of a write that changes nothing', () => {
    const made = cluster.create(CONFIG_MAPS, configMap('a', { key: 'value' }));
    const again = cluster.update(CONFIG_MAPS, configMap('a', { key: 'value' }));
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  it('keeps an object whose finalizers hold it, and lets it go with the last one', () => {
    const held = configMap('a');
    held.metadata.finalizers = ['example.com/hold'];
    cluster.create(CONFIG_MAPS, held);
    const going = cluster.delete(CONFIG_MAPS, 'default', 'a');
    expect(going?.metadata.deletionTimestamp).toBeDefined();
    cluster.update(CONFIG_MAPS, { ...going!, metadata: { ...going!.metadata, finalizers: [] } });
    expect(cluster.get(CONFIG_MAPS, 'default', 'a')).toBeUndefined();
    expect(cluster.delete(CONFIG_MAPS, 'default', 'a')).toBeUndefined();
  });

  it('gives a running pod its grace period, and removes one that never ran at once', () => {
    cluster.create(PODS, pod('waiting'));
    cluster.delete(PODS, 'default', 'waiting');
    expect(cluster.get(PODS, 'default', 'waiting')).toBeUndefined();
    cluster.create(PODS, pod('running', { nodeName: 'node' }));
    cluster.delete(PODS, 'default', 'running');
    expect(cluster.get(PODS, 'default', 'running')?.metadata.deletionGracePeriodSeconds).toBe(30);
    cluster.delete(PODS, 'default', 'running', { gracePeriodSeconds: 0 });
    expect(cluster.get(PODS, 'default', 'running')).toBeUndefined();
  });

  it('shows subscribers what is there and then every change, in order and later', async () => {
    cluster.create(CONFIG_MAPS, configMap('a'));
    const seen: string[] = [];
    const end = cluster.subscribe(CONFIG_MAPS, (event: ChangeEvent) => {
      seen.push(`${event.type} ${event.object.metadata.name}`);
    });
    cluster.create(CONFIG_MAPS, configMap('b'));
    cluster.delete(CONFIG_MAPS, 'default', 'a');
    expect(seen).toEqual([]);
    await Promise.resolve();
    expect(seen).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
    end();
    cluster.create(CONFIG_MAPS, configMap('c'));
    await Promise.resolve();
    expect(seen).toHaveLength(3);
  });

  it('continues after a restart with everything as it was', () => {
    const made = cluster.create(DEPLOYMENTS, deployment('web'));
    cluster.create(CONFIG_MAPS, configMap('gone'));
    cluster.delete(CONFIG_MAPS, 'default', 'gone');
    const revision = cluster.revision();
    cluster.close();
    cluster = createCluster({ dataDir });
    expect(cluster.get(DEPLOYMENTS, 'default', 'web')).toEqual(made);
    expect(cluster.get(CONFIG_MAPS, 'default', 'gone')).toBeUndefined();
    expect(cluster.revision()).toBe(revision);
  });

  it('gives out objects that nobody can change by accident', () => {
    const made = cluster.create(CONFIG_MAPS, configMap('a'));
    expect(() => {
      made.metadata.name = 'b';
    }).toThrow(TypeError);
  });
});
