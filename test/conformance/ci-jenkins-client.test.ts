// @ts-expect-error the package brings no types
import Jenkins from 'jenkins';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { multibranchConfig } from '../../src/clients/jenkins.ts';
import {
  calls,
  developer,
  pipelineConfig,
  Repository,
  startFixture,
} from '../unit/servers/ci/support/fixture.ts';

interface Item {
  readonly name: string;
  readonly displayName: string;
  readonly building: boolean;
  readonly result: string | null;
  readonly executable: { readonly number: number };
  readonly actions: readonly { readonly lastBuiltRevision?: { readonly SHA1: string } }[];
  readonly _class: string;
}
type Call<T> = (...args: unknown[]) => Promise<T>;
/** What of the package is used here. */
interface NpmClient {
  info: Call<unknown>;
  node: Record<'list', Call<Item[]>>;
  job: Record<'create' | 'copy' | 'disable' | 'enable' | 'destroy', Call<void>> &
    Record<'exists', Call<boolean>> &
    Record<'config', Call<string>> &
    Record<'build', Call<number>> &
    Record<'get', Call<Item>> &
    Record<'list', Call<Item[]>>;
  build: Record<'get', Call<Item>> &
    Record<'log', Call<string>> &
    Record<'stop' | 'term', Call<void>> & { logStream(...args: unknown[]): NodeJS.EventEmitter };
  queue: Record<'item', Call<Item>> & Record<'list', Call<Item[]>> & Record<'cancel', Call<void>>;
}

/** The `jenkins` package from the npm registry, in its default settings: with password and crumbs. */
describe('the jenkins client from npm', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>;
  let jenkins: NpmClient;

  beforeAll(async () => {
    fixture = await startFixture();
    const baseUrl = fixture.server.url.replace(
      '//',
      `//${developer.username}:${encodeURIComponent(developer.password)}@`,
    );
    jenkins = new (Jenkins as new (settings: object) => NpmClient)({ baseUrl, crumbIssuer: true });
  });
  afterAll(async () => {
    await fixture.close();
  });

  async function over(name: string, number: number): Promise<Item> {
    await expect
      .poll(async () => (await jenkins.build.get(name, number).catch(() => ({ building: true }))).building, {
        timeout: 10_000,
      })
      .toBe(false);
    return jenkins.build.get(name, number);
  }

  test('tells what the server has', async () => {
    expect(await jenkins.info()).toMatchObject({ _class: 'hudson.model.Hudson', useCrumbs: true });
    expect((await jenkins.node.list()).map((node) => node.displayName)).toEqual(['Built-In Node']);
  });

  test('creates, reads, changes, copies, disables and deletes a job', async () => {
    const xml = pipelineConfig('[]');
    await jenkins.job.create('made', xml);
    expect(await jenkins.job.exists('made')).toBe(true);
    expect(await jenkins.job.config('made')).toBe(xml);
    await jenkins.job.config('made', pipelineConfig('[["isUnix"]]'));
    expect(await jenkins.job.config('made')).toContain('isUnix');
    await jenkins.job.copy('made', 'copied');
    await jenkins.job.disable('made');
    expect(await jenkins.job.get('made')).toMatchObject({
      name: 'made',
      buildable: false,
      color: 'disabled',
    });
    await jenkins.job.enable('made');
    expect((await jenkins.job.list()).map((job) => job.name)).toEqual(['made', 'copied']);
    await jenkins.job.destroy('made');
    await jenkins.job.destroy('copied');
    expect(await jenkins.job.exists('made')).toBe(false);
    await expect(jenkins.job.get('made')).rejects.toThrow('made not found');
  });

  test('triggers a build, follows it from the queue, and reads its log as it grows', async () => {
    await jenkins.job.create(
      'talks',
      pipelineConfig(calls(['sh', { script: 'for n in 1 2 3; do echo line $n; sleep 0.1; done' }])),
    );
    const id = await jenkins.job.build('talks');
    const item = await jenkins.queue.item(id);
    expect(item.executable.number).toBe(1);
    const stream = jenkins.build.logStream('talks', 1, { delay: 50 });
    let text = '';
    await new Promise<void>((resolve, reject) => {
      stream.on('data', (piece: string) => {
        text += piece;
      });
      stream.on('error', reject);
      stream.on('end', resolve);
    });
    expect(text).toContain('line 1\r\n+ sleep 0.1\r\n+ echo line 2\r\nline 2\r\n');
    expect(text.endsWith('Finished: SUCCESS\r\n')).toBe(true);
    expect(await jenkins.build.log('talks', 1)).toBe(text);
    expect(await jenkins.build.get('talks', 1)).toMatchObject({
      result: 'SUCCESS',
      building: false,
      number: 1,
      queueId: id,
    });
  });

  test('stops and terminates builds', async () => {
    await jenkins.job.create('endless', pipelineConfig(calls(['sh', { script: 'sleep 60' }])));
    for (const [index, how] of (['stop', 'term'] as const).entries()) {
      await jenkins.job.build('endless');
      await expect
        .poll(async () => jenkins.build.log('endless', index + 1).catch(() => ''), { timeout: 5000 })
        .toContain('+ sleep 60');
      await jenkins.build[how]('endless', index + 1);
      expect((await over('endless', index + 1)).result).toBe('ABORTED');
    }
  });

  test('drives a multibranch project, with a slash in the name of a branch', async () => {
    const app = new Repository(fixture.folder, 'app');
    const revision = app.commit({ Jenkinsfile: calls(['checkout', { scm: 'scm' }]) });
    app.commit({ 'x.txt': 'x' }, 'feature/x');
    await jenkins.job.create('app', multibranchConfig({ source: { remote: app.remote } }));
    expect(
      (await over('app/main', 1)).actions.flatMap((action) => action.lastBuiltRevision?.SHA1 ?? []),
    ).toEqual([revision]);
    await over('app/feature%2Fx', 1);
    const names = (await jenkins.job.list('app')).map((job) => job.name).sort();
    expect(names).toEqual(['feature%2Fx', 'main']);
    expect((await jenkins.job.get('app'))._class).toBe(
      'org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject',
    );
  });

  test('lists the queue and takes an item out of it', async () => {
    expect(await jenkins.queue.list()).toEqual([]);
    await expect(jenkins.queue.cancel(4711)).rejects.toThrow();
  });
});
