import { describe, expect, test } from 'vitest';
import type { KubeEvent, Pod } from '../../../../src/clients/kubernetes-objects.ts';
import { failureIn } from '../../../../src/engines/components/failures.ts';
import { isComplete } from '../../../../src/engines/components/ready.ts';
import {
  eventLines,
  lastLines,
  lost,
  newsOf,
  summaryOf,
  tellingLines,
} from '../../../../src/engines/components/pods.ts';

const pod = (name: string, status: Pod['status']): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [] },
  ...(status === undefined ? {} : { status }),
});
const event = (
  name: string,
  reason: string,
  message: string,
  lastTimestamp = '2026-11-25T10:00:00Z',
): KubeEvent => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `${name}.1` },
  involvedObject: { kind: 'Pod', name },
  reason,
  message,
  lastTimestamp,
});
const waiting = (reason: string, message: string, restartCount = 0): Pod['status'] => ({
  phase: 'Pending',
  containerStatuses: [{ name: 'main', ready: false, restartCount, state: { waiting: { reason, message } } }],
});

describe('what pods do, told to a person', () => {
  test('pulling, starting and ready follow each other', () => {
    const pending = pod('gitea-0', { phase: 'Pending' });
    expect(newsOf(pending, []).state).toBe('waiting');
    expect(newsOf(pending, [event('gitea-0', 'Pulling', 'Pulling image "gitea:1.26"')])).toMatchObject({
      state: 'pulling',
      detail: 'pulling "gitea:1.26"',
    });
    const running = pod('gitea-0', {
      phase: 'Running',
      containerStatuses: [
        { name: 'a', ready: true, restartCount: 0, state: { running: {} } },
        { name: 'b', ready: false, restartCount: 0, state: { running: {} } },
      ],
    });
    expect(newsOf(running, [])).toMatchObject({
      state: 'starting',
      detail: 'starting, 1 of 2 containers ready',
    });
    const ready = pod('gitea-0', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    expect(newsOf(ready, []).state).toBe('ready');
  });

  test('what holds things up comes first in the summary', () => {
    const news = [
      newsOf(pod('redis', { conditions: [{ type: 'Ready', status: 'True' }] }), []),
      newsOf(pod('server', waiting('ImagePullBackOff', 'Back-off pulling image')), []),
      newsOf(pod('repo', { phase: 'Pending' }), [event('repo', 'Pulling', 'Pulling image "argocd"')]),
    ];
    expect(summaryOf(news)).toBe(
      'server: ImagePullBackOff: Back-off pulling image; repo: pulling "argocd"; 1 ready',
    );
  });

  test('a pod that fits on no node says why', () => {
    const unscheduled = pod('jenkins-0', {
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available: Insufficient memory' },
      ],
    });
    expect(newsOf(unscheduled, []).detail).toContain('Insufficient memory');
  });

  test('waiting ends early where it is of no use, and only there', () => {
    expect(lost([pod('a', waiting('ContainerCreating', ''))])).toBeUndefined();
    expect(lost([pod('a', waiting('ErrImagePull', 'toomanyrequests: rate limit'))])).toBeUndefined();
    expect(lost([pod('a', waiting('ImagePullBackOff', 'toomanyrequests: rate limit'))])?.failure?.code).toBe(
      'pull-limited',
    );
    expect(lost([pod('a', waiting('CrashLoopBackOff', 'back-off', 2))])).toBeUndefined();
    expect(lost([pod('a', waiting('CrashLoopBackOff', 'back-off', 5))])?.news.container).toBe('main');
  });

  test('events of the pod are shown in their order', () => {
    const events = [
      event('a', 'Failed', 'second', '2026-11-25T10:00:02Z'),
      event('a', 'Scheduled', 'first', '2026-11-25T10:00:01Z'),
      event('b', 'Failed', 'of another one'),
    ];
    expect(eventLines(events, 'a')).toEqual(['Scheduled: first', 'Failed: second']);
  });

  test('a probe that is refused is not taken for a registry that is', () => {
    const refused = event(
      'a',
      'Unhealthy',
      'Startup probe failed: dial tcp 10.42.0.15:8080: connect: connection refused',
    );
    const lines = eventLines([refused], 'a').map((line) => `event ${line}`);
    expect(failureIn(tellingLines(lines).join('\n'))).toBeUndefined();
    const pull = 'event Failed: dial tcp 10.0.0.1:443: connect: connection refused';
    expect(failureIn(tellingLines([...lines, pull]).join('\n'))?.code).toBe('registry-unreachable');
  });

  test('the last words of a program are what happened, without the frames of its stack', () => {
    const log = [
      'SEVERE: Failed to initialize Jenkins\r',
      'java.lang.UnsatisfiedLinkError: libharfbuzz.so.0: cannot open shared object file',
      '\tat java.base/java.lang.System.load(System.java:1)',
      '    at Object.<anonymous> (/app/server.js:1:7)',
      'Caused by: java.lang.IllegalStateException: Jenkins.instance is missing',
      '\t... 4 more',
      '',
    ].join('\n');
    expect(lastLines(log)).toEqual([
      'SEVERE: Failed to initialize Jenkins',
      'java.lang.UnsatisfiedLinkError: libharfbuzz.so.0: cannot open shared object file',
      'Caused by: java.lang.IllegalStateException: Jenkins.instance is missing',
    ]);
    expect(lastLines(log, 1)).toHaveLength(1);
  });

  test.each([
    ['plugin-missing', 'Plugin kubernetes:4300 could not be found'],
    ['plugin-missing', 'Unable to resolve plugin URL https://updates.jenkins.io, or download plugin git'],
    ['disk-full', 'The node was low on resource: ephemeral-storage. Evicted: ephemeral-storage'],
    [
      'certificate-untrusted',
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ],
    ['registry-unreachable', 'dial tcp: lookup docker.gitea.com on 10.43.0.10:53: no such host'],
  ])('%s is told from "%s"', (code, words) => {
    expect(failureIn(words)?.code).toBe(code);
    expect(failureIn(words)?.hint).toMatch(/up|docker/);
  });
});

describe('whether a workload is complete', () => {
  const template = { spec: { containers: [] } };
  const workload = (kind: string, spec: object, status: object) =>
    isComplete({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name: 'a', generation: 2 },
      spec: { template, ...spec },
      status,
    });

  test.each([
    ['Deployment', { replicas: 1 }, { observedGeneration: 2, readyReplicas: 1, updatedReplicas: 1 }, true],
    ['Deployment', { replicas: 1 }, { observedGeneration: 1, readyReplicas: 1, updatedReplicas: 1 }, false],
    ['Deployment', { replicas: 2 }, { observedGeneration: 2, readyReplicas: 1, updatedReplicas: 2 }, false],
    ['Deployment', { replicas: 0 }, { observedGeneration: 2 }, true],
    ['StatefulSet', { replicas: 1 }, { observedGeneration: 2, readyReplicas: 1, updatedReplicas: 1 }, true],
    ['DaemonSet', {}, { observedGeneration: 2, desiredNumberScheduled: 0 }, false],
    ['Job', { completions: 1 }, { succeeded: 1 }, true],
    ['Job', {}, {}, false],
  ] as const)('%s %j %j: %s', (kind, spec, status, complete) => {
    expect(workload(kind, spec, status)).toBe(complete);
  });
});
