import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import { createExerciseGuide } from '../../../src/exercises/guide.ts';
import { recordProgress } from '../../../src/exercises/progress.ts';
import { connect, type Playground } from '../../../src/flow/playground.ts';

const address = (port: number) => ({
  url: `http://127.0.0.1:${port}`,
  clusterUrl: `http://127.0.0.1:${port}`,
});
const login = { username: 'developer', password: 'secret-secret' };

/** A playground that does not run: what the guide shows needs no part of it. */
function stoppedPlayground(folder: string): Playground {
  const endpoints = {
    dashboard: address(1),
    git: { ...address(2), ...login },
    registry: { host: '127.0.0.1:3', clusterHost: '127.0.0.1:3' },
    ci: { ...address(4), ...login },
    gitops: { ...address(5), webhookSecret: 'secret' },
    kubernetes: {
      kubeconfig: join(folder, 'kubeconfig'),
      context: 'none',
      clusterUrl: 'https://127.0.0.1:6',
    },
    ingress: { port: 7 },
  };
  return { ...connect(configSchema.parse({}), endpoints), folder };
}

describe('the guide to the exercises', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guide-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('lists all of them with their states', async () => {
    await recordProgress(folder, { exercise: 'promote', action: 'started' });
    const list = await createExerciseGuide(stoppedPlayground(folder)).list();
    expect(list).toHaveLength(14);
    expect(list[0]).toEqual({ id: 'first-commit', title: 'The first commit', state: 'open' });
    expect(list[2]).toMatchObject({ id: 'promote', state: 'started' });
  });

  test('shows the text with the addresses of this playground, and hints one by one', async () => {
    const guide = createExerciseGuide(stoppedPlayground(folder));
    expect(await guide.hint('drift')).toMatchObject({ number: 1, of: 3 });
    const page = await guide.read('4');
    expect(page).toMatchObject({ id: 'drift', hints: 3, hintsShown: 1 });
    expect(page.markdown).toContain('http://127.0.0.1:5');
  });

  test('refuses a name that it does not know', async () => {
    const guide = createExerciseGuide(stoppedPlayground(folder));
    await expect(guide.read('../../etc')).rejects.toMatchObject({ code: 'unknown-exercise' });
  });
});
