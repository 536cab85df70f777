import { createServer, type Server } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseNetworks, choosePorts } from '../../../../src/engines/embedded/ports.ts';
import { writeState, type State } from '../../../../src/engines/embedded/state.ts';
import { isFree } from '../../../../src/lib/ports.ts';
import { configSchema } from '../../../../src/config/schema.ts';

describe('the ports of a playground', () => {
  const before = process.env.GITOPS_PLAYGROUND_HOME;
  let home: string;
  let taken: Server | undefined;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'home-'));
    process.env.GITOPS_PLAYGROUND_HOME = home;
  });
  afterEach(() => {
    taken?.close();
    taken = undefined;
    if (before === undefined) delete process.env.GITOPS_PLAYGROUND_HOME;
    else process.env.GITOPS_PLAYGROUND_HOME = before;
    rmSync(home, { recursive: true, force: true });
  });

  const occupy = async (port: number): Promise<number> => {
    taken = createServer();
    await new Promise<void>((resolve) => taken?.listen(port, '127.0.0.1', resolve));
    const address = taken.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };

  const keep = async (name: string, ports: State['ports']) =>
    writeState({
      version: 1,
      createdAt: new Date().toISOString(),
      started: true,
      config: configSchema.parse({ name }),
      ports,
      ...(await chooseNetworks()),
      secrets: { password: 'p', kubernetesToken: 't', webhookSecret: 'w' },
    });

  test('form a row of free ones', async () => {
    const ports = Object.values(await choosePorts(undefined));
    expect(ports).toEqual(ports.map((_, index) => ports[0]! + index));
    expect(await Promise.all(ports.map(isFree))).toEqual(ports.map(() => true));
  });

  test('are not those that another playground keeps while it is stopped', async () => {
    const first = await choosePorts(undefined);
    await keep('first', first);
    const second = await choosePorts(undefined);
    expect(Object.values(second).filter((port) => Object.values(first).includes(port))).toEqual([]);
    await expect(choosePorts(first.git)).rejects.toThrow('kept by the playground "first"');
  });

  test('are refused by name when the row that was asked for is not free', async () => {
    const port = await occupy(0);
    await expect(choosePorts(port)).rejects.toMatchObject({
      code: 'port-in-use',
      message: `port ${port}, wanted for dashboard, is taken by another program`,
      hint: expect.stringContaining('--port'),
    });
  });
});
