import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

/** The processes whose command line or environment names this text. Linux only; elsewhere none are found. */
export function processesOf(text: string): string[] {
  if (process.platform !== 'linux') return [];
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const state = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (!/\) Z /.test(state) && (line.includes(text) || environment.includes(text)))
        found.push(`${pid} ${line}`);
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Whether somebody listens on this port of 127.0.0.1. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
