import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { isInside } from '../../../lib/fs.ts';
import { StepFailure, type Step, type StepCall } from '../pipeline/host.ts';
import { endGroup, COOKIE } from '../builds/processes.ts';
import { workingFolder, type BuildServices } from '../builds/services.ts';
import { flagArg, requiredText, textArg } from './arguments.ts';

/** `returnStdout` holds what it captures in memory. */
const LARGEST_CAPTURE = 16 * 1024 * 1024;
/** How long the pipes of a script that has ended may stay open for what it left in the background. */
const DRAIN = 100;

/**
 * `sh`: runs a script as Jenkins does: `sh -xe` unless it begins with `#!`. Its processes form a group of their own, and get
 * exactly the environment of the step.
 */
export function shStep(services: BuildServices): Step {
  return {
    name: 'sh',
    defaultArgument: 'script',
    async run(call) {
      const script = requiredText(call, 'script');
      const label = textArg(call.args, 'label');
      const capture = flagArg(call.args, 'returnStdout');
      const returnStatus = flagArg(call.args, 'returnStatus');
      if (capture && returnStatus)
        throw new StepFailure('sh: returnStdout and returnStatus cannot be used together');
      const { code, signal, stdout } = await runScript(services, call, script, capture);
      if (returnStatus) return code;
      if (code !== 0) {
        const what = label === undefined ? '' : ` (${label})`;
        throw new StepFailure(
          signal === null
            ? `script returned exit code ${code}${what}`
            : `script was ended by ${signal}${what}`,
        );
      }
      return capture ? stdout : null;
    },
  };
}

async function runScript(services: BuildServices, call: StepCall, script: string, capture: boolean) {
  const { context } = call;
  const cwd = workingFolder(context, call.name);
  const encoding = (textArg(call.args, 'encoding') ?? 'utf8').toLowerCase();
  if (!Buffer.isEncoding(encoding)) throw new StepFailure(`sh: the encoding "${encoding}" is not known`);
  context.signal.throwIfAborted();
  await mkdir(cwd, { recursive: true });
  const folder = await scriptFolder(services, cwd);
  const file = join(folder, 'script.sh');
  const direct = script.startsWith('#!');
  await writeFile(file, script, { mode: 0o700 });
  try {
    // Both streams in one pipe keep the order of the trace and the output; `exec` spends no process on it.
    const command = direct ? 'exec "$0"' : 'exec sh -xe "$0"';
    const child = spawn('sh', ['-c', capture ? command : `${command} 2>&1`, file], {
      cwd,
      env: { ...context.env, [COOKIE]: services.cookie },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) {
      services.processes.started(pid, services.cookie);
      yieldToOthers(pid);
    }
    // Through the context, which knows about `timestamps` and the names of parallel branches.
    const log = services.log.secrets.stream((text) => {
      context.log(text);
    });
    const decode = { out: new StringDecoder(encoding), err: new StringDecoder(encoding) };
    const captured: string[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      const text = decode.out.write(chunk);
      if (!capture) {
        log.push(text);
        return;
      }
      size += chunk.length;
      if (size <= LARGEST_CAPTURE) captured.push(text);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      log.push(decode.err.write(chunk));
    });
    let ending: Promise<void> | undefined;
    const stop = () => {
      if (pid !== undefined) ending ??= endGroup(pid);
    };
    context.signal.addEventListener('abort', stop, { once: true });
    try {
      const { code, signal } = await exitOf(child);
      log.end();
      await ending;
      context.signal.throwIfAborted();
      if (size > LARGEST_CAPTURE) {
        throw new StepFailure(
          `sh: the script wrote more than ${LARGEST_CAPTURE} bytes; write them to a file instead`,
        );
      }
      return { code: code ?? 128, signal, stdout: captured.join('') + (capture ? decode.out.end() : '') };
    } finally {
      context.signal.removeEventListener('abort', stop);
      child.stdout.destroy();
      child.stderr.destroy();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Builds give way to what they deploy, and to the person who waits for it. Not every system lets processes be told so. */
function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It runs as important as everything else.
  }
}

/** Resolves when the script has ended and its pipes are read, not when what it left in the background ends. */
function exitOf(
  child: ReturnType<typeof spawn>,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(new StepFailure(`sh: the shell could not be started: ${error.message}`));
    });
    child.once('exit', (code, signal) => {
      const done = () => {
        clearTimeout(timer);
        resolve({ code, signal });
      };
      const timer = setTimeout(done, DRAIN);
      child.once('close', done);
    });
  });
}

async function scriptFolder(services: BuildServices, cwd: string): Promise<string> {
  const root = [...services.roots].find(({ folder }) => isInside(folder, cwd));
  if (root === undefined) throw new StepFailure('sh: the working folder is not in a workspace of this build');
  const folder = join(root.temporary, `durable-${randomBytes(4).toString('hex')}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
