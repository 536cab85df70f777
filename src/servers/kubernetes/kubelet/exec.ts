import { posix } from 'node:path';
import type { ExecSession } from '../cluster.ts';
import { ELSEWHERE } from './command.ts';
import { startProcess, type ProcessOptions } from './container-process.ts';
import { expand } from './expansion.ts';
import type { ProcessRecords } from './process-records.ts';

/**
 * Programs that people look into containers with, as far as node can stand in for them. There is no file system of an
 * image's own here, so its real programs cannot run.
 */
const APPLETS: Readonly<Record<string, string>> = {
  cat: `for (const f of a) process.stdout.write(fs.readFileSync(f))`,
  echo: `console.log(a.join(' '))`,
  env: `for (const [k, v] of Object.entries(process.env)) console.log(k + '=' + v)`,
  printenv: `if (a.length === 0) for (const [k, v] of Object.entries(process.env)) console.log(k + '=' + v);
    for (const k of a) { if (process.env[k] === undefined) process.exitCode = 1; else console.log(process.env[k]) }`,
  ls: `const paths = a.filter((w) => !w.startsWith('-'));
    for (const p of paths.length ? paths : ['.']) {
      if (fs.statSync(p).isDirectory()) for (const n of fs.readdirSync(p).sort()) console.log(n); else console.log(p) }`,
  pwd: `console.log(process.env.PWD)`,
  hostname: `console.log(require('node:os').hostname())`,
  date: `console.log(new Date().toString())`,
  true: ``,
  false: `process.exitCode = 1`,
  sleep: `setTimeout(() => {}, Number.parseFloat(a[0]) * 1000)`,
  test: `const [f, p] = a.filter((w) => w !== ']');
    let s; try { s = fs.statSync(p) } catch {}
    const ok = { '-e': s, '-f': s?.isFile(), '-d': s?.isDirectory(), '-s': s?.size > 0, '-n': p !== '', '-z': p === '' }[f];
    process.exitCode = ok ? 0 : 1`,
};

/** The arguments for node that a command comes to. @throws Error for programs that cannot run here. */
function commandArguments(command: readonly string[], workingDir: string): string[] {
  const [first = '', ...rest] = command;
  const program = posix.basename(first);
  if (program === 'node' || program === 'nodejs') return rest;
  const applet = APPLETS[program === '[' ? 'test' : program];
  if (applet !== undefined) {
    const head = `const fs = require('node:fs'); const a = process.argv.slice(1); process.env.PWD ??= ${JSON.stringify(workingDir)};`;
    const body = `try { ${applet} } catch (e) { console.error(${JSON.stringify(program)} + ': ' + e.message); process.exitCode = 1 }`;
    return ['-e', `${head}${body}`, '--', ...rest];
  }
  if (
    (program === 'sh' || program === 'bash') &&
    rest[0] === '-c' &&
    /^[\w\s@%+=:,./'"-]+$/.test(rest[1] ?? '')
  ) {
    return commandArguments((rest[1] ?? '').trim().replaceAll(/['"]/g, '').split(/\s+/), workingDir);
  }
  throw new Error(
    `exec: "${first}": containers of this cluster have node and ${Object.keys(APPLETS).join(', ')}, and no other programs; ${ELSEWHERE}`,
  );
}

/** Runs a command beside a container, as one of its processes. */
export async function execCommand(
  options: ProcessOptions,
  command: readonly string[],
  records: ProcessRecords,
): Promise<ExecSession> {
  const words = command.map((word) => expand(word, {}));
  const args = commandArguments(
    words,
    options.environment.PWD ?? options.cwd.slice(options.runtime.root.length) ?? '/',
  );
  const process = await startProcess({ ...options, args, stdin: true }, records);
  if (process.stdin === null) throw new Error('the process has no standard input');
  process.stdin.on('error', () => undefined);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    exited: process.exited.then(({ code }) => code),
    kill: () => {
      process.signal('SIGKILL');
    },
  };
}

/** Runs a command to its end, or to the time limit in milliseconds; for probes and hooks. */
export async function runCommand(
  options: ProcessOptions,
  command: readonly string[],
  records: ProcessRecords,
  timeout: number,
): Promise<{ code: number; output: string }> {
  const session = await execCommand(options, command, records);
  session.stdin.end();
  let output = '';
  const collect = (chunk: Buffer) => {
    if (output.length < 10_000) output += chunk.toString();
  };
  session.stdout.on('data', collect);
  session.stderr.on('data', collect);
  const timer = setTimeout(() => {
    output = `command timed out after ${timeout} ms`;
    session.kill();
  }, timeout);
  const code = await session.exited;
  clearTimeout(timer);
  return { code, output };
}
