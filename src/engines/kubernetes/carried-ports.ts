import type { Forward, ForwardTarget } from '../../clients/kubernetes-forward.ts';
import { messageOf } from '../../lib/errors.ts';

interface Carried {
  readonly target: string;
  readonly forward: Forward;
}

/** Ports of the laptop that are carried to Services, each to one at a time. */
export class CarriedPorts {
  readonly #open = new Map<number, Carried>();
  readonly #forward: (port: number, target: ForwardTarget) => Promise<Forward>;
  readonly #report: (message: string) => void;

  constructor(
    forward: (port: number, target: ForwardTarget) => Promise<Forward>,
    report: (message: string) => void,
  ) {
    this.#forward = forward;
    this.#report = report;
  }

  /** Carries a port to a Service, instead of the one that it led to: a NodePort that has become free may be another's. */
  async carry(port: number, target: ForwardTarget): Promise<void> {
    const name = `${target.namespace}/${target.service}:${target.port}`;
    const open = this.#open.get(port);
    if (open?.target === name) return;
    try {
      await open?.forward.close();
      this.#open.delete(port);
      this.#open.set(port, { target: name, forward: await this.#forward(port, target) });
    } catch (error) {
      this.#report(`port ${port} cannot be carried to ${name}: ${messageOf(error)}`);
    }
  }

  /** Gives back all ports but these: those of Services that are gone may be wanted by other programs. */
  async keepOnly(wanted: ReadonlySet<number>): Promise<void> {
    const others = [...this.#open].filter(([port]) => !wanted.has(port));
    for (const [port] of others) this.#open.delete(port);
    await Promise.all(others.map(([, { forward }]) => forward.close()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ forward }) => forward.close()));
  }
}
