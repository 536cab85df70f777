import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import type { Probe } from 'kubernetes-types/core/v1';
import { messageOf } from '../../../lib/errors.ts';
import type { Clock } from '../controllers/clock.ts';
import { ELSEWHERE } from './command.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

/** What a probe needs to know of its container. */
export interface ProbeTarget {
  readonly address: string;
  /** The real port for a number or a name of the container's ports. */
  port(port: number | string): number;
  /** Runs a command beside the container; gives its exit code and output. */
  exec(command: readonly string[], timeout: number): Promise<{ code: number; output: string }>;
}

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly message: string };

export type ProbeHandler = Pick<Probe, 'httpGet' | 'tcpSocket' | 'exec' | 'grpc'>;

/** A probe that goes on until it is stopped. */
export interface RunningProbe {
  /** Something has changed: look at once. */
  kick(): void;
  stop(): void;
}

/** Milliseconds between looks at a container that is only starting, and for how long. */
const FAST_PERIOD = 25;
const FAST_FOR = 2_000;

/**
 * Probes a container again and again. `onChange` is called with every first result and every crossing of a threshold,
 * `onFailure` with every failure.
 *
 * Unlike a kubelet, which looks every `periodSeconds` from the start, startup and readiness probes without an initial
 * delay look every 25 ms during the first two seconds, until they succeed once, so that readiness is seen within
 * milliseconds. Failures of that time are not counted and not told.
 */
export function startProbe(
  kind: ProbeKind,
  probe: Probe,
  target: ProbeTarget,
  clock: Clock,
  onChange: (ok: boolean, message: string) => void,
  onFailure: (message: string) => void,
): RunningProbe {
  const { initialDelaySeconds = 0, periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = probe;
  const began = clock.now();
  let fast = kind !== 'liveness' && initialDelaySeconds === 0;
  let successes = 0;
  let failures = 0;
  let running = false;
  let again = false;
  let stopped = false;
  // A program that is only starting is alive: liveness is first looked at after a period.
  const delay = kind === 'liveness' && initialDelaySeconds === 0 ? periodSeconds : initialDelaySeconds;
  let cancel = clock.after(delay * 1000, look);

  function look(): void {
    if (running) {
      again = true;
      return;
    }
    running = true;
    void probeOnce(probe, target, (probe.timeoutSeconds ?? 1) * 1000).then((result) => {
      running = false;
      if (!stopped) settle(result);
    });
  }

  function settle(result: ProbeResult): void {
    const hurried = fast;
    if (result.ok) {
      successes += 1;
      failures = 0;
      fast = false;
      if (successes === successThreshold) onChange(true, '');
    } else {
      if (fast && clock.now() - began > FAST_FOR) fast = false;
      successes = 0;
      if (!hurried) {
        failures += 1;
        onFailure(result.message);
        if (failures === failureThreshold) onChange(false, result.message);
      }
    }
    cancel();
    const wait = fast
      ? FAST_PERIOD
      : result.ok && successes < successThreshold && hurried
        ? 0
        : periodSeconds * 1000;
    cancel = clock.after(again && !result.ok ? 0 : wait, look);
    again = false;
  }

  return {
    kick: () => {
      if (stopped || !fast) return;
      cancel();
      look();
    },
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

/** Carries out one probe, or one lifecycle hook. */
export async function probeOnce(
  handler: ProbeHandler,
  target: ProbeTarget,
  timeout: number,
): Promise<ProbeResult> {
  try {
    if (handler.httpGet) return await probeHttp(handler.httpGet, target, timeout);
    if (handler.tcpSocket) return await probeTcp(handler.tcpSocket, target, timeout);
    if (handler.exec) {
      const { code, output } = await target.exec(handler.exec.command ?? [], timeout);
      return code === 0
        ? { ok: true }
        : { ok: false, message: output.trim().slice(0, 1000) || `exit code ${code}` };
    }
    return { ok: false, message: `gRPC probes do not exist in this cluster; ${ELSEWHERE}` };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}

function probeHttp(
  { path = '/', port, scheme = 'HTTP', host, httpHeaders = [] }: NonNullable<Probe['httpGet']>,
  target: ProbeTarget,
  timeout: number,
): Promise<ProbeResult> {
  const address = host ?? target.address;
  const real = target.port(port);
  const url = `${scheme.toLowerCase()}://${address}:${real}${path.startsWith('/') ? path : `/${path}`}`;
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name.toLowerCase(), value]));
  return new Promise((resolve) => {
    const send = scheme === 'HTTPS' ? secureRequest : request;
    const sent = send(url, {
      agent: false,
      timeout,
      headers: { 'user-agent': 'kube-probe/1.32', accept: '*/*', connection: 'close', ...headers },
      ...(scheme === 'HTTPS' ? { rejectUnauthorized: false } : {}),
    });
    const limit = setTimeout(() => {
      sent.destroy(
        new Error(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`),
      );
    }, timeout);
    sent.once('response', (response) => {
      clearTimeout(limit);
      response.resume();
      response.once('close', () => sent.destroy());
      const { statusCode = 0 } = response;
      resolve(
        statusCode >= 200 && statusCode < 400
          ? { ok: true }
          : { ok: false, message: `HTTP probe failed with statuscode: ${statusCode}` },
      );
    });
    sent.on('error', (error) => {
      clearTimeout(limit);
      const message = error.message.startsWith('Get ')
        ? error.message
        : `Get "${url}": ${dialError(error, address, real)}`;
      resolve({ ok: false, message });
    });
    sent.end();
  });
}

function probeTcp(
  { port, host }: NonNullable<Probe['tcpSocket']>,
  target: ProbeTarget,
  timeout: number,
): Promise<ProbeResult> {
  const address = host ?? target.address;
  const real = target.port(port);
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: real, timeout });
    const end = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => {
      end({ ok: true });
    });
    socket.once('timeout', () => {
      end({ ok: false, message: `dial tcp ${address}:${real}: i/o timeout` });
    });
    socket.on('error', (error) => {
      end({ ok: false, message: dialError(error, address, real) });
    });
  });
}

/** As Go says it, which is what people search for. */
function dialError(error: Error, address: string, port: number): string {
  if ('code' in error && error.code === 'ECONNREFUSED') {
    return `dial tcp ${address}:${port}: connect: connection refused`;
  }
  return error.message;
}
