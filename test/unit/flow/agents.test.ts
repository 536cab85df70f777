import { expect, test } from 'vitest';
import { AgentPods } from '../../../src/flow/agents.ts';
import type { Playground } from '../../../src/flow/playground.ts';

const waiting = (reason: string, message?: string) => ({ state: { waiting: { reason, message } } });

/** What is said of a pod of this status; the pods of other parts are not agents. */
function told(status: object, parts: readonly string[] = ['gitea', 'jenkins']): Promise<string | undefined> {
  const list = async (_type: object, { namespace, labelSelector }: Record<string, string>) => {
    expect(labelSelector).toContain('jenkins-agent');
    return { items: namespace === 'jenkins' ? [{ metadata: { name: 'node-x' }, status }] : [] };
  };
  const playground = { endpoints: { kubernetes: { parts } }, cluster: async () => ({ list }) };
  return new AgentPods(playground as unknown as Playground).blocked();
}

test('a pod whose image cannot be had, or that fits on no node, says so', async () => {
  const refused = {
    initContainerStatuses: [waiting('ImagePullBackOff', 'Back-off pulling image "buildkit"')],
  };
  expect(await told(refused)).toBe('its pod node-x: ImagePullBackOff: Back-off pulling image "buildkit"');
  const full = { conditions: [{ type: 'PodScheduled', status: 'False', message: 'Insufficient memory' }] };
  expect(await told(full)).toBe('its pod node-x: has no node: Insufficient memory');
});

test('a pod on its way is nothing to tell, and where builds need no pods none are looked for', async () => {
  expect(
    await told({ containerStatuses: [waiting('PodInitializing'), { state: { running: {} } }] }),
  ).toBeUndefined();
  expect(await told({ containerStatuses: [waiting('ErrImagePull')] }, [])).toBeUndefined();
});

test('pods that fail are remembered when they are gone, and after the third no other one is waited for', async () => {
  const ended = (exitCode: number, message?: string) => ({
    containerStatuses: [
      { name: 'jnlp', state: { running: {} } },
      { name: 'buildkit', state: { terminated: { exitCode, reason: 'Error', message } } },
    ],
  });
  let items: object[] = [];
  const pods = new AgentPods({
    endpoints: { kubernetes: { parts: ['jenkins'] } },
    cluster: async () => ({ list: async () => ({ items }) }),
  } as unknown as Playground);
  const see = (name: string, status: object) => {
    items = [{ metadata: { name }, status }];
    return pods.blocked();
  };
  expect(await see('node-0', ended(0))).toBeUndefined();
  const words = 'its pod node-1: the container buildkit ended with 1: no room for user namespaces';
  expect(await see('node-1', ended(1, 'no room for user namespaces\n'))).toBe(words);
  items = [];
  expect(await pods.blocked()).toBe(words);
  await see('node-2', ended(1));
  await see('node-2', ended(1));
  expect(pods.hopeless()).toBeUndefined();
  // Jenkins has no more use for this one.
  items = [{ metadata: { name: 'node-x', deletionTimestamp: '2026-11-26T20:00:00Z' }, status: ended(143) }];
  expect(await pods.blocked()).toContain('its pod node-2');
  await see('node-3', ended(137));
  expect(pods.hopeless()).toBe('its pod node-3: the container buildkit ended with 137');
});
