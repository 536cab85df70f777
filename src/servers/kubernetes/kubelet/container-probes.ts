import type { Container, Probe } from 'kubernetes-types/core/v1';
import type { Clock } from '../controllers/clock.ts';
import { startProbe, type ProbeKind, type ProbeTarget, type RunningProbe } from './probes.ts';

/** What comes of a container's probes. */
export interface ProbeOutcomes {
  /** It has started: there is no startup probe, or that has succeeded. */
  started(): void;
  ready(ready: boolean): void;
  failed(kind: 'Startup' | 'Readiness' | 'Liveness', message: string): void;
  /** It has to be killed, and started again as its restart policy says. */
  kill(kind: 'startup' | 'liveness'): void;
}

const TITLES = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' } as const;

/** The probes of one start of a container: the startup probe first, then readiness and liveness side by side. */
export class ContainerProbes {
  readonly #spec: Pick<Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'>;
  readonly #target: ProbeTarget;
  readonly #clock: Clock;
  readonly #outcomes: ProbeOutcomes;
  #running: RunningProbe[] = [];

  constructor(
    spec: Pick<Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'>,
    target: ProbeTarget,
    clock: Clock,
    outcomes: ProbeOutcomes,
  ) {
    this.#spec = spec;
    this.#target = target;
    this.#clock = clock;
    this.#outcomes = outcomes;
  }

  start(): void {
    const { startupProbe } = this.#spec;
    if (startupProbe === undefined) {
      this.#started();
      return;
    }
    this.#begin('startup', startupProbe, (ok) => {
      if (!ok) {
        this.#outcomes.kill('startup');
        return;
      }
      this.stop();
      this.#started();
    });
  }

  /** The program has begun to listen: look at once. */
  kick(): void {
    for (const probe of this.#running) probe.kick();
  }

  stop(): void {
    for (const probe of this.#running) probe.stop();
    this.#running = [];
  }

  #started(): void {
    const { readinessProbe, livenessProbe } = this.#spec;
    this.#outcomes.started();
    if (readinessProbe === undefined) this.#outcomes.ready(true);
    else {
      this.#begin('readiness', readinessProbe, (ok) => {
        this.#outcomes.ready(ok);
      });
    }
    if (livenessProbe === undefined) return;
    this.#begin('liveness', livenessProbe, (ok) => {
      if (!ok) this.#outcomes.kill('liveness');
    });
  }

  #begin(kind: ProbeKind, probe: Probe, onChange: (ok: boolean) => void): void {
    this.#running.push(
      startProbe(kind, probe, this.#target, this.#clock, onChange, (message) => {
        this.#outcomes.failed(TITLES[kind], message);
      }),
    );
  }
}
