import { createServer } from 'node:net';
import { PlaygroundError } from '../../../lib/errors.ts';

/** Hands out the addresses of a /24 below 127.0.0.0/8, for pods or Services. */
export class AddressPool {
  readonly #network: string;
  readonly #taken = new Set<string>();
  #next = 2;

  /** @param network the first three numbers, `127.44.7`. */
  constructor(network: string) {
    if (!/^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){2}$/.test(network)) {
      throw new PlaygroundError({
        code: 'network-invalid',
        message: `"${network}" is not the beginning of a loopback network`,
        hint: 'write the first three numbers of addresses, 127.44.7 for example',
      });
    }
    this.#network = network;
  }

  contains(address: string): boolean {
    return address.startsWith(`${this.#network}.`);
  }

  isTaken(address: string): boolean {
    return this.#taken.has(address);
  }

  take(address: string): void {
    this.#taken.add(address);
  }

  release(address: string): void {
    this.#taken.delete(address);
  }

  /** The next free address, round and round, so that a released one rests for long; undefined when all are taken. */
  allocate(): string | undefined {
    for (let tried = 0; tried < 253; tried += 1) {
      const address = `${this.#network}.${this.#next}`;
      this.#next = this.#next >= 254 ? 2 : this.#next + 1;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    return undefined;
  }
}

/** Whether programs can listen at this address: every system can at 127.0.0.1, Linux in all of 127.0.0.0/8. */
export async function canListenAt(address: string): Promise<boolean> {
  try {
    await freePort(address);
    return true;
  } catch {
    return false;
  }
}

/** A TCP port that nobody listens at now. */
export async function freePort(address: string): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, () => {
      const bound = server.address();
      server.close(() => {
        resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
      });
    });
  });
}
