import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubernetesError, type FollowEvent, type WatchEvent } from '../../../../../src/clients/kubernetes.ts';
import { configMap, startTestServer, type TestServer } from '../api/harness.ts';

const MAPS = { apiVersion: 'v1', kind: 'ConfigMap' };

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer({ windowSize: 16 });
});
afterAll(() => test.stop());

/** The first events of a watch, as words. */
async function take(events: AsyncIterable<WatchEvent | FollowEvent>, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    seen.push('object' in event ? `${event.type} ${event.object.metadata.name}` : event.type);
    if (seen.length === count) break;
  }
  return seen;
}

describe('a watch', () => {
  it('goes on from a revision and tells every change in order', async () => {
    const { resourceVersion } = await test.client.list(MAPS);
    const events = take(test.client.watch(MAPS, { namespace: 'default', resourceVersion }), 3);
    const made = await test.client.create(configMap('seen'));
    await test.client.update({ ...made, data: { a: '1' } });
    await test.client.delete({ ...MAPS, namespace: 'default', name: 'seen' });
    expect(await events).toEqual(['ADDED seen', 'MODIFIED seen', 'DELETED seen']);
  });

  it('tells what begins or ceases to be selected', async () => {
    const { resourceVersion } = await test.client.list(MAPS);
    const selection = { namespace: 'default', labelSelector: 'chosen', resourceVersion };
    const events = take(test.client.watch(MAPS, selection), 2);
    const made = await test.client.create(configMap('moving'));
    const chosen = await test.client.update({
      ...made,
      metadata: { ...made.metadata, labels: { chosen: '' } },
    });
    await test.client.update({ ...chosen, metadata: { ...chosen.metadata, labels: {} } });
    expect(await events).toEqual(['ADDED moving', 'DELETED moving']);
  });

  it('says that a revision is too old, so that the client lists again', async () => {
    const { resourceVersion } = await test.client.list(MAPS);
    for (let i = 0; i < 40; i += 1) {
      test.cluster.update({ group: '', resource: 'configmaps' }, configMap('moving', { i: String(i) }));
    }
    const error: unknown = await take(test.client.watch(MAPS, { resourceVersion }), 1).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(KubernetesError);
    expect(error).toMatchObject({ reason: 'Expired', code: 410 });
  });

  it('begins with all that is there and a bookmark, when asked to', async () => {
    const { body } = await test.http.stream('GET', '/api/v1/namespaces/default/configmaps', {
      query: {
        watch: true,
        sendInitialEvents: true,
        resourceVersionMatch: 'NotOlderThan',
        allowWatchBookmarks: true,
        timeoutSeconds: 1,
      },
    });
    const text = Buffer.concat(await body.toArray()).toString();
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; object: { metadata: Record<string, unknown> } });
    expect(events[0]).toMatchObject({ type: 'ADDED', object: { kind: 'ConfigMap' } });
    const end = events.find(({ type }) => type === 'BOOKMARK');
    expect(end?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  });

  it('comes as tables when the client asks for them, with columns in the first event only', async () => {
    const { body } = await test.http.stream('GET', '/api/v1/namespaces', {
      query: { watch: true, timeoutSeconds: 1 },
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    const lines = Buffer.concat(await body.toArray())
      .toString()
      .trim()
      .split('\n');
    const tables = lines.map((line) => (JSON.parse(line) as { object: Record<string, unknown> }).object);
    expect(tables[0]?.columnDefinitions).toHaveLength(3);
    expect(tables[1]?.columnDefinitions).toBeNull();
  });

  it('that is followed lists, tells when it is in step, and goes on', async () => {
    const ending = new AbortController();
    const events = take(
      test.client.follow(MAPS, {
        namespace: 'default',
        fieldSelector: 'metadata.name=followed',
        signal: ending.signal,
      }),
      3,
    );
    await test.client.create(configMap('followed'));
    await test.client.delete({ ...MAPS, namespace: 'default', name: 'followed' });
    const seen = await events;
    ending.abort();
    expect(seen).toContain('SYNCED');
    expect(seen.filter((event) => event !== 'SYNCED')).toEqual(['ADDED followed', 'DELETED followed']);
  });
});
