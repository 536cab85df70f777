import { expect, test } from 'vitest';
import { blockedAgent } from '../../../src/flow/agents.ts';
import type { Playground } from '../../../src/flow/playground.ts';

const waiting = (reason: string, message?: string) => ({ state: { waiting: { reason, message } } });

/** What is said of a pod of this status; the pods of other parts are not agents. */
function told(status: object, parts: readonly string[] = ['gitea', 'jenkins']): Promise<string | undefined> {
  const list = async (_type: object, { namespace, labelSelector }: Record<string, string>) => {
    expect(labelSelector).toContain('jenkins-agent');
    return { items: namespace === 'jenkins' ? [{ metadata: { name: 'node-x' }, status }] : [] };
  };
  const playground = { endpoints: { kubernetes: { parts } }, cluster: async () => ({ list }) };
  return blockedAgent(playground as unknown as Playground);
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
