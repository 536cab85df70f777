import { expect, test } from 'vitest';
import { CarriedPorts } from '../../../../src/engines/kubernetes/carried-ports.ts';

const storefrontOf = (namespace: string) => ({ namespace, service: 'storefront', port: 80 });

/** What is done with ports, one line each; a port of the list is taken by another program. */
function watched(taken: readonly number[] = []) {
  const done: string[] = [];
  const forward = (port: number, { namespace }: { readonly namespace: string }) => {
    if (taken.includes(port)) return Promise.reject(new Error('address in use'));
    done.push(`open ${port} to ${namespace}`);
    const close = () => {
      done.push(`close ${port} to ${namespace}`);
      return Promise.resolve();
    };
    return Promise.resolve({ port, close });
  };
  const ports = new CarriedPorts(forward, (message) => done.push(message));
  return { ports, done };
}

test('a port is carried once, and ends with the others', async () => {
  const { ports, done } = watched();
  await ports.carry(31_844, storefrontOf('staging'));
  await ports.carry(31_844, storefrontOf('staging'));
  await ports.close();
  expect(done).toEqual(['open 31844 to staging', 'close 31844 to staging']);
});

// As after a stage was deleted: its Service comes back with another NodePort, and others may get the old one.
test('a port whose number another Service has got leads there', async () => {
  const { ports, done } = watched();
  await ports.carry(31_844, storefrontOf('staging'));
  await ports.carry(31_844, storefrontOf('production'));
  expect(done).toEqual(['open 31844 to staging', 'close 31844 to staging', 'open 31844 to production']);
});

test('a port that another program has is told of, and the others are carried', async () => {
  const { ports, done } = watched([30_001]);
  await ports.carry(30_001, storefrontOf('staging'));
  await ports.carry(30_002, storefrontOf('production'));
  expect(done).toEqual([
    'port 30001 cannot be carried to staging/storefront:80: address in use',
    'open 30002 to production',
  ]);
});

test('ports of Services that are gone are given back, and the others stay', async () => {
  const { ports, done } = watched();
  await ports.carry(31_844, storefrontOf('staging'));
  await ports.carry(31_845, storefrontOf('production'));
  await ports.keepOnly(new Set([31_845]));
  await ports.carry(31_845, storefrontOf('production'));
  expect(done).toEqual(['open 31844 to staging', 'open 31845 to production', 'close 31844 to staging']);
});
