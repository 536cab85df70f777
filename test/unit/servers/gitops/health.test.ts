import { describe, expect, it } from 'vitest';
import { healthOf, isWorse } from '../../../../src/servers/gitops/health.ts';
import type { Manifest } from '../../../../src/servers/gitops/objects.ts';

const live = (
  apiVersion: string,
  kind: string,
  spec: unknown,
  status: unknown,
  generation = 1,
): Manifest => ({
  apiVersion,
  kind,
  metadata: { name: 'web', generation },
  spec,
  status,
});
const deployment = (status: object, spec: object = { replicas: 2 }) =>
  healthOf(live('apps/v1', 'Deployment', spec, { observedGeneration: 1, ...status }));
const pod = (status: object, restartPolicy = 'Always') =>
  healthOf(live('v1', 'Pod', { restartPolicy }, status));
const done = { updatedReplicas: 2, replicas: 2, availableReplicas: 2 };

describe('health', () => {
  it('of a Deployment follows its rollout', () => {
    expect(deployment(done)?.status).toBe('Healthy');
    expect(deployment({ ...done, updatedReplicas: 1 })?.status).toBe('Progressing');
    expect(deployment({ ...done, replicas: 3 })?.message).toContain('1 old replicas are pending termination');
    expect(deployment({ ...done, availableReplicas: 1 })?.status).toBe('Progressing');
    expect(deployment({ ...done, observedGeneration: 0 })?.status).toBe('Progressing');
    expect(deployment(done, { replicas: 2, paused: true })?.status).toBe('Suspended');
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
    expect(deployment({ ...done, conditions })?.status).toBe('Degraded');
  });

  it('of a Pod tells stuck from starting', () => {
    const waiting = (reason: string) => ({
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason, message: 'why' } } }],
    });
    expect(pod(waiting('ImagePullBackOff'))).toEqual({ status: 'Degraded', message: 'why' });
    expect(pod(waiting('ContainerCreating'))?.status).toBe('Progressing');
    expect(pod(waiting('ImagePullBackOff'), 'Never')?.status).toBe('Progressing');
    const ready = [{ type: 'Ready', status: 'True' }];
    expect(pod({ phase: 'Running', conditions: ready })?.status).toBe('Healthy');
    expect(pod({ phase: 'Running', conditions: ready }, 'Never')?.status).toBe('Progressing');
    expect(pod({ phase: 'Succeeded' }, 'Never')?.status).toBe('Healthy');
    const ended = [{ name: 'c', state: { terminated: { exitCode: 3 } } }];
    expect(pod({ phase: 'Failed', containerStatuses: ended }, 'Never')?.message).toBe(
      'container "c" failed with exit code 3',
    );
  });

  it.each([
    ['v1', 'Service', { type: 'ClusterIP' }, {}, 'Healthy'],
    ['v1', 'Service', { type: 'LoadBalancer' }, {}, 'Progressing'],
    ['networking.k8s.io/v1', 'Ingress', {}, { loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } }, 'Healthy'],
    ['networking.k8s.io/v1', 'Ingress', {}, {}, 'Progressing'],
    ['v1', 'PersistentVolumeClaim', {}, { phase: 'Pending' }, 'Progressing'],
    ['v1', 'PersistentVolumeClaim', {}, { phase: 'Lost' }, 'Degraded'],
    ['batch/v1', 'Job', {}, { conditions: [{ type: 'Complete', status: 'True' }] }, 'Healthy'],
    ['batch/v1', 'Job', {}, { conditions: [{ type: 'Failed', status: 'True' }] }, 'Degraded'],
    ['batch/v1', 'Job', {}, {}, 'Progressing'],
    [
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      {},
      { conditions: [{ type: 'Established', status: 'True' }] },
      'Healthy',
    ],
    [
      'apps/v1',
      'ReplicaSet',
      { replicas: 2 },
      { observedGeneration: 1, availableReplicas: 1 },
      'Progressing',
    ],
    ['apps/v1', 'StatefulSet', { replicas: 1 }, { observedGeneration: 1, readyReplicas: 1 }, 'Healthy'],
    ['apps/v1', 'DaemonSet', {}, { observedGeneration: 1, desiredNumberScheduled: 1 }, 'Progressing'],
    ['v1', 'ConfigMap', undefined, undefined, undefined],
    ['v1', 'Namespace', {}, { phase: 'Active' }, undefined],
  ])('of %s %s', (apiVersion, kind, spec, status, expected) => {
    expect(healthOf(live(apiVersion, kind, spec, status))?.status).toBe(expected);
  });

  it('of whatever is being deleted is progress', () => {
    const object = live('v1', 'ConfigMap', undefined, undefined);
    expect(healthOf({ ...object, metadata: { name: 'x', deletionTimestamp: 'now' } })?.status).toBe(
      'Progressing',
    );
  });

  it('gets worse from Healthy to Unknown', () => {
    expect(isWorse('Healthy', 'Suspended')).toBe(true);
    expect(isWorse('Degraded', 'Missing')).toBe(false);
  });
});
