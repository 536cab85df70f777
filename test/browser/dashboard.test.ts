import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createArgocdClient } from '../../src/clients/argocd.ts';
import { createGitea } from '../../src/clients/gitea.ts';
import { connectKubernetes } from '../../src/clients/kubernetes.ts';
import type { PlaygroundStatus } from '../../src/flow/status.ts';
import { eventually } from '../support/eventually.ts';
import { Cli } from '../support/playground.ts';
import { expectAccessible, launch, noBrowser, openPage, type WatchedPage } from './support/browser.ts';

/** Every view of the dashboard of a real playground, as a person with a browser sees it. */
describe.skipIf(noBrowser !== undefined)(
  `the dashboard in a browser${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let cli: Cli;
    let folder: string;
    let status: PlaygroundStatus;
    let browser: Browser;
    let watched: WatchedPage;
    let page: Page;
    let address: string;
    let pushed: string;

    const inClone = async (...args: string[]) =>
      (
        await execa('git', ['-C', join(folder, 'storefront'), '-c', 'commit.gpgsign=false', ...args], {
          env: { HOME: folder },
        })
      ).stdout;
    const push = async (note: string) => {
      writeFileSync(join(folder, 'storefront', 'note.txt'), note);
      await inClone('add', '--all');
      await inClone('commit', '--quiet', '--message', note);
      await inClone('push', '--quiet');
      return inClone('rev-parse', 'HEAD');
    };
    const visit = async (path: string, heading: string | RegExp) => {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, path);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      // The skeleton of what is being loaded.
      await page.locator('.loading').waitFor({ state: 'detached' });
    };
    const stop = (revision: string, id: string) =>
      page.locator(`.line[data-revision="${revision}"] .stop[data-stop="${id}"]`);
    const arrived = (revision: string, id: string, state = 'done') =>
      page
        .locator(`.line[data-revision="${revision}"] .stop.${state}[data-stop="${id}"]`)
        .waitFor({ timeout: 60_000 });

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
      cli = new Cli();
      status = await cli.json<PlaygroundStatus>('up');
      address = (await cli.json<{ url: string }>('open')).url;
      await cli.start(['clone', 'storefront'], { cwd: folder });
      browser = await launch();
      watched = await openPage(browser);
      page = watched.page;
    }, 120_000);
    afterAll(async () => {
      await browser.close();
      await cli.dispose();
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    test('without the key it shows how to open it, and nothing else', async () => {
      await page.goto(status.endpoints.dashboard.url);
      await page.getByRole('heading', { name: 'The playground default' }).waitFor();
      expect(await page.locator('main').innerText()).toContain('npx gitops-playground open');
      expect(await page.locator('main').innerText()).not.toContain('storefront');
      await expectAccessible(page);
      await page.getByLabel(/password/).fill('wrong-password');
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('alert').getByText('that is not the password').waitFor();
      await page.getByLabel(/password/).fill(status.endpoints.git.password);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('group', { name: 'Map of the loop' }).waitFor();
    }, 60_000);

    test('open logs a browser in, and the key does not stay in the address', async () => {
      await page.evaluate(() => {
        localStorage.clear();
      });
      await page.goto('about:blank');
      await page.goto(address);
      await page.getByRole('group', { name: 'Map of the loop' }).waitFor();
      expect(page.url()).toBe(`${status.endpoints.dashboard.url}/#/`);
      await page.reload();
      await page.getByRole('group', { name: 'Map of the loop' }).waitFor();
      await page.getByText('live', { exact: true }).waitFor();
    }, 60_000);

    test('a commit that is pushed travels over the map without the page being loaded again', async () => {
      await page.evaluate(() => {
        (globalThis as { mark?: boolean }).mark = true;
      });
      pushed = await push('See me travel');
      await page.locator(`.token[data-revision="${pushed}"]`).waitFor();
      for (const id of ['push', 'build', 'image', 'staging/commit', 'staging/sync', 'staging/run'])
        await arrived(pushed, id);
      await arrived(pushed, 'production/pull', 'waiting');
      await page.locator('.stage-pill', { hasText: 'staging' }).getByText(pushed.slice(0, 7)).waitFor();
      expect(await page.locator(`.token[data-revision="${pushed}"]`).getAttribute('data-station')).toBe(
        'gitops',
      );
      expect(await page.evaluate(() => (globalThis as { mark?: boolean }).mark)).toBe(true);
    }, 120_000);

    test('every station leads to its detail', async () => {
      for (const [station, heading] of [
        ['You', 'You'],
        ['Git server', 'Git server'],
        ['CI server', 'CI server'],
        ['Registry', 'Registry'],
        ['GitOps repository', 'gitops'],
        ['GitOps operator', 'GitOps operator'],
        ['Cluster', 'Cluster'],
      ] as const) {
        await page.goto(`${status.endpoints.dashboard.url}/#/`);
        await page.locator('.station', { hasText: station }).first().getByRole('link').click();
        await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      }
    }, 60_000);

    test('a repository shows files, commits and what a commit changed', async () => {
      await visit('/git/storefront', 'storefront');
      await page.getByRole('link', { name: 'src/', exact: true }).click();
      await page.getByRole('link', { name: 'theme.js' }).click();
      await page.getByRole('region', { name: 'Content of src/theme.js' }).waitFor();
      await page.getByRole('link', { name: 'Commits', exact: true }).click();
      await page.getByRole('link', { name: 'See me travel' }).click();
      await page.getByRole('heading', { level: 1, name: 'See me travel' }).waitFor();
      await page.locator('.diff .added', { hasText: '+See me travel' }).waitFor();
    }, 60_000);

    test('webhook deliveries show their payload and the answer', async () => {
      await visit('/git/storefront/hooks', 'storefront');
      const hook = page.getByRole('region', { name: new RegExp(`${status.endpoints.ci.url}`) });
      await hook.locator('summary', { hasText: 'push' }).first().click();
      await hook.getByRole('region', { name: 'Payload' }).first().getByText(pushed).first().waitFor();
      await hook.getByRole('region', { name: 'Answer' }).first().waitFor();
    }, 60_000);

    test('a build shows its stages, and its log grows while it runs', async () => {
      const running = push('Look at my log');
      await visit('/ci', 'CI server');
      const revision = await running;
      const row = page.locator('tr', { hasText: revision.slice(0, 7) });
      await row.getByRole('link').first().click();
      const log = page.getByRole('log');
      await log.getByText('[Pipeline] Start of Pipeline').waitFor();
      await log.getByText('Finished: SUCCESS').waitFor({ timeout: 60_000 });
      await page.getByRole('list', { name: 'Stages' }).getByText('Validate').waitFor();
      pushed = revision;
    }, 90_000);

    test('an image shows its digest and its layers', async () => {
      await visit('/registry', 'Registry');
      await page.getByRole('link', { name: pushed, exact: true }).click();
      await page.getByText(`${status.endpoints.registry.host}/playground/storefront@sha256:`).waitFor();
      await page.getByRole('heading', { name: /\d+ layers?, / }).waitFor();
    }, 60_000);

    test('an Application shows its tree down to the pods, and what differs', async () => {
      await visit('/operator/storefront-staging', 'storefront-staging');
      await page
        .locator('.tree')
        .getByRole('link', { name: /^storefront-/ })
        .first()
        .waitFor();
      await page.getByText('The cluster has what Git says').waitFor();
      await page.getByRole('button', { name: 'Refresh' }).click();
      await page.getByRole('button', { name: 'Sync' }).click();
      await page.getByText('Succeeded').waitFor();
    }, 60_000);

    test('a pod shows its log and its events', async () => {
      await visit('/cluster', 'Cluster');
      await page.getByRole('region', { name: 'Pods' }).getByRole('link').first().click();
      await page.getByRole('log').waitFor();
      await page.getByRole('region', { name: 'Events' }).getByText('Started').first().waitFor();
    }, 60_000);

    test('any other object shows itself as YAML, with its events; Secrets are not shown', async () => {
      await visit('/cluster', 'Cluster');
      await page.getByRole('region', { name: 'Workloads' }).getByRole('link').first().click();
      await page
        .getByRole('region', { name: /as YAML/ })
        .getByText('kind: Deployment')
        .waitFor();
      await page.getByRole('region', { name: 'Events' }).getByText('ScalingReplicaSet').first().waitFor();
      await expectAccessible(page);
      await visit('/cluster/objects/v1/Secret/default/any', /any/);
      await page.getByRole('alert').getByText('the dashboard shows no Secrets').waitFor();
    }, 60_000);

    test('the trace of a commit is a time line', async () => {
      await visit(`/trace/${pushed}`, 'Look at my log');
      await page.locator('.time-line').getByText('staging: pod ready').waitFor();
      expect(await page.locator('.time-line .done').count()).toBeGreaterThan(8);
    }, 60_000);

    test('axe finds nothing serious in any view, light or dark', async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const [path, heading] of [
          ['/', /^From a commit to the cluster/],
          ['/developer', 'You'],
          ['/git', 'Git server'],
          ['/git/storefront', 'storefront'],
          ['/git/storefront/commits', 'storefront'],
          [`/git/storefront/commits/${pushed}`, 'Look at my log'],
          ['/git/gitops/pulls', 'gitops'],
          ['/git/gitops/pulls/2', /Promote/],
          ['/git/storefront/hooks', 'storefront'],
          ['/ci', 'CI server'],
          ['/ci/main/1', 'Build 1 of main'],
          ['/registry', 'Registry'],
          ['/operator', 'GitOps operator'],
          ['/operator/storefront-production', 'storefront-production'],
          ['/cluster', 'Cluster'],
          ['/trace', 'Look at my log'],
        ] as const) {
          await visit(path, heading);
          await expectAccessible(page);
        }
      }
    }, 180_000);

    test('a pull request is reviewed, commented and merged, and the commit goes on to production', async () => {
      await page.goto(`${status.endpoints.dashboard.url}/#/`);
      await arrived(pushed, 'production/pull', 'waiting');
      await stop(pushed, 'production/pull').getByRole('link').click();
      await page.getByRole('heading', { level: 1, name: /Promote/ }).waitFor();
      await page.getByLabel('What you say').fill('Looks **good** <img src=x onerror=alert(1)>');
      await page.getByRole('button', { name: 'Comment' }).click();
      const said = page.locator('.said', { hasText: 'Looks good' });
      await said.waitFor();
      expect(await said.locator('strong').innerText()).toBe('good');
      expect(await said.locator('img').count()).toBe(0);
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.locator('.said', { hasText: 'approved' }).waitFor();
      await page.getByRole('button', { name: 'Merge pull request' }).click();
      await page.getByText('Merged by developer').waitFor();
      await page.getByRole('link', { name: 'Loop' }).click();
      await arrived(pushed, 'production/run');
      const production = status.applications.find(({ stage }) => stage === 'production')?.url ?? '';
      const answer = (await (await fetch(`${production}/version`)).json()) as { revision: string };
      expect(answer.revision).toBe(pushed);
    }, 120_000);

    test('a rollback by Git brings the earlier state back', async () => {
      await visit('/operator/storefront-production', 'storefront-production');
      const before = status.applications.find(({ stage }) => stage === 'production')?.revision;
      await page
        .getByRole('button', { name: /^Roll back to / })
        .first()
        .click();
      const choice = page.getByRole('region', { name: /Roll back to/ });
      expect(await choice.getByRole('button', { name: 'By the operator' }).isDisabled()).toBe(true);
      await choice.getByRole('button', { name: 'Roll back in Git' }).click();
      await choice.waitFor({ state: 'detached' });
      const application = async () =>
        // While it rolls out, `status` ends with 1.
        (JSON.parse((await cli.run('status', '--json')).stdout) as PlaygroundStatus).applications.find(
          ({ stage }) => stage === 'production',
        )?.revision;
      await eventually('production to be as before', application, (revision) => revision === before, 60_000);
      await page.locator('.history li', { hasText: 'live' }).waitFor();
      const git = createGitea({ url: status.endpoints.git.url, auth: status.endpoints.git });
      const [newest] = await git.listCommits('playground', 'gitops', { limit: 1 });
      expect(newest?.commit.message).toMatch(/^Roll storefront-production back to /);
    }, 120_000);

    test('a rollback by the operator works where nothing syncs by itself, and shows the difference', async () => {
      const cluster = await connectKubernetes({ file: status.endpoints.kubernetes.kubeconfig });
      const argocd = createArgocdClient(cluster);
      const { spec } = await argocd.get('storefront-staging');
      await cluster.create({
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        metadata: { name: 'by-hand', namespace: 'argocd' },
        spec: {
          ...spec,
          destination: { ...spec.destination, namespace: 'argocd' },
          syncPolicy: {},
          source: { ...spec.source, path: 'by-hand' },
        },
      });
      const git = createGitea({ url: status.endpoints.git.url, auth: status.endpoints.git });
      const content = (colour: string) =>
        `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: by-hand\ndata:\n  colour: ${colour}\n`;
      await git.createFile('playground', 'gitops', 'by-hand/map.yaml', content('green'), {
        message: 'Begin by hand',
      });
      await visit('/operator/by-hand', 'by-hand');
      const sync = page.getByRole('button', { name: 'Sync' });
      await page.getByText('OutOfSync').first().waitFor();
      await sync.click();
      await page.locator('.history-id', { hasText: '0' }).waitFor();
      const file = await git.findFile('playground', 'gitops', 'by-hand/map.yaml');
      await git.updateFile('playground', 'gitops', 'by-hand/map.yaml', content('blue'), file?.sha ?? '', {
        message: 'Blue',
      });
      await page.locator('.diff .removed', { hasText: 'colour: green' }).waitFor();
      await page.locator('.diff .added', { hasText: 'colour: blue' }).waitFor();
      await sync.click();
      await page.locator('.history-id', { hasText: '1' }).waitFor();
      await page.getByRole('button', { name: 'Roll back to 0' }).click();
      await page.getByRole('button', { name: 'By the operator' }).click();
      const colour = async () =>
        (
          await cluster.get<never>({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            namespace: 'argocd',
            name: 'by-hand',
          })
        )['data'] as {
          colour: string;
        };
      await eventually('the ConfigMap to be green again', colour, (data) => data.colour === 'green');
    }, 90_000);

    test('a thousand objects are shown a page at a time, and filtered', async () => {
      const cluster = await connectKubernetes({ file: status.endpoints.kubernetes.kubeconfig });
      const names = Array.from({ length: 1000 }, (_, index) => `many-${index}`);
      for (let start = 0; start < names.length; start += 50) {
        await Promise.all(
          names.slice(start, start + 50).map((name) =>
            cluster.create({
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name, namespace: 'default' },
            }),
          ),
        );
      }
      await visit('/git', 'Git server');
      await visit('/cluster', 'Cluster');
      const list = page.getByRole('region', { name: 'Services, Ingresses and ConfigMaps' });
      await list.waitFor();
      expect(await list.locator('tbody tr').count()).toBe(50);
      await page.getByLabel('Filter Services, Ingresses and ConfigMaps').fill('many-777');
      await list.getByText('many-777').waitFor();
      expect(await list.locator('tbody tr').count()).toBe(1);
      await cluster.deleteCollection({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: 'default' });
    }, 90_000);

    test('after a reset the map shows the seeded commit alone', async () => {
      await page.goto(`${status.endpoints.dashboard.url}/#/`);
      await page.locator(`.line[data-revision="${pushed}"]`).waitFor();
      const { applications } = await cli.json<PlaygroundStatus>('reset', '--yes');
      await page.locator(`.line[data-revision="${pushed}"]`).waitFor({ state: 'detached' });
      const lines = () =>
        page.locator('.line').evaluateAll((all) => all.map((line) => (line as HTMLElement).dataset.revision));
      await eventually('the seeded commit', lines, (seen) => seen.join(' ') === applications[0]?.revision);
      await inClone('fetch', '--quiet');
      await inClone('reset', '--quiet', '--hard', 'origin/main');
    }, 90_000);

    test('it can be used by keyboard alone', async () => {
      await page.goto(`${status.endpoints.dashboard.url}/#/`);
      await page.getByRole('group', { name: 'Map of the loop' }).waitFor();
      await page.reload();
      await page.getByRole('group', { name: 'Map of the loop' }).waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('href'))).toBe('#/developer');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'You' }).waitFor();
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    }, 60_000);

    test('presentation mode has large type, and colours follow the choice', async () => {
      await page.goto(`${status.endpoints.dashboard.url}/#/`);
      await page.getByRole('group', { name: 'Map of the loop' }).waitFor();
      const size = () =>
        page.evaluate(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize));
      const before = await size();
      await page.keyboard.press('p');
      await eventually('larger type', size, (now) => now > before);
      await page.keyboard.press('Escape');
      await eventually('the type of before', size, (now) => now === before);
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.emulateMedia({ colorScheme: 'light' });
      const light = await ground();
      await page.getByRole('button', { name: 'Colours: auto' }).click();
      await page.getByRole('button', { name: 'Colours: light' }).click();
      await eventually('dark colours', ground, (now) => now !== light);
      await page.getByRole('button', { name: 'Colours: dark' }).click();
    }, 60_000);

    test('the map stands upright on a phone, and nothing is cut off', async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      for (const path of [
        '/',
        '/developer',
        '/git',
        '/git/gitops/pulls/1',
        '/ci/main/1',
        '/operator/storefront-staging',
        '/cluster',
        '/trace',
      ]) {
        await page.goto(`${status.endpoints.dashboard.url}/#${path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.locator('.loading').waitFor({ state: 'detached' });
        expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 390]);
      }
      await page.goto(`${status.endpoints.dashboard.url}/#/`);
      await page.locator('.map.tall').waitFor();
      await page.setViewportSize({ width: 1280, height: 900 });
    }, 60_000);

    test('it connects again by itself after the daemon was started again', async () => {
      await page.goto(`${status.endpoints.dashboard.url}/#/`);
      await page.getByText('live', { exact: true }).waitFor();
      const record = join(cli.home, 'playgrounds', 'default', 'daemon.json');
      process.kill((JSON.parse(readFileSync(record, 'utf8')) as { pid: number }).pid, 'SIGKILL');
      await page.getByText('reconnecting').waitFor();
      await cli.json('up');
      await page.getByText('live', { exact: true }).waitFor({ timeout: 30_000 });
      const next = await push('After the restart');
      await arrived(next, 'push');
    }, 120_000);

    describe('a page of another origin', () => {
      let foreign: Server;
      beforeAll(async () => {
        foreign = createServer((_request, response) => {
          response.setHeader('content-type', 'text/html');
          response.end('<!doctype html><title>foreign</title>');
        });
        await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
      });
      afterAll(() => {
        foreign.closeAllConnections();
        foreign.close();
      });

      test('can neither read nor trigger anything, and cannot frame the page', async () => {
        const other = await browser.newPage();
        await other.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
        const target = status.endpoints.dashboard.url;
        const key = /key=(.*)/.exec(address)?.[1] ?? '';
        const attempts = await other.evaluate(
          async ([url, secret]) => {
            const outcome = async (path: string, init: RequestInit) => {
              try {
                const response = await fetch(`${url}${path}`, init);
                return response.type === 'opaque' ? 'opaque' : `read ${response.status}`;
              } catch {
                return 'refused';
              }
            };
            return {
              read: await outcome('/api/overview', { headers: { authorization: `Bearer ${secret}` } }),
              page: await outcome('/', {}),
              blind: await outcome('/api/applications/storefront-staging/refresh', {
                method: 'POST',
                mode: 'no-cors',
              }),
              form: await outcome('/api/login', {
                method: 'POST',
                mode: 'no-cors',
                body: '{"password":"x"}',
              }),
            };
          },
          [target, key] as const,
        );
        expect(attempts).toMatchObject({ read: 'refused', page: 'refused' });
        await other.setContent(`<iframe src="${target}/"></iframe>`);
        await eventually(
          'the frame to be refused',
          () => other.frames().map((frame) => frame.url()),
          (urls) => urls.some((url) => url.startsWith('chrome-error:')),
        );
        await other.close();
      }, 60_000);

      test('is answered with a refusal, whatever it knows', async () => {
        const target = status.endpoints.dashboard.url;
        const key = /key=(.*)/.exec(address)?.[1] ?? '';
        const ask = async (path: string, headers: Record<string, string>, method = 'GET') =>
          (await fetch(`${target}${path}`, { headers, method })).status;
        const authorization = `Bearer ${key}`;
        expect(await ask('/api/overview', { authorization, origin: 'http://evil.example' })).toBe(403);
        expect(await ask('/api/overview', {})).toBe(401);
        expect(await ask('/api/overview', { authorization: 'Bearer wrong' })).toBe(401);
        expect(await ask('/api/events', {})).toBe(401);
        expect(await ask('/api/applications/storefront-staging/sync', {}, 'POST')).toBe(401);
        expect(await ask('/api/overview', { authorization })).toBe(200);
        expect(await ask('/hooks/git', { 'x-gitea-event': 'push' }, 'POST')).toBe(403);
      });
    });

    test('no script has failed, and the policy has refused nothing', () => {
      expect(watched.complaints).toEqual([]);
    });
  },
);
