import type Docker from 'dockerode';
import { PassThrough } from 'node:stream';
import { messageOf } from '../../lib/errors.ts';
import { sideBySide } from '../../lib/side-by-side.ts';
import type { TaskContext } from '../../lib/task.ts';
import { dockerNames } from './names.ts';

/** So many images are pulled side by side; more only share the same line. */
const SIDE_BY_SIDE = 3;

/**
 * Lets the node pull images before the pods that use them are there. What cannot be pulled is no failure here: its pod
 * tells of it, and goes on trying.
 */
export async function prepull(
  docker: Docker,
  name: string,
  references: readonly string[],
  { progress, signal }: TaskContext,
): Promise<void> {
  const node = docker.getContainer(`k3d-${dockerNames(name).cluster}-server-0`);
  let done = 0;
  const failed: string[] = [];
  const tell = () => {
    const missed = failed.length === 0 ? '' : `, not yet ${failed.join(', ')}`;
    progress(`${done} of ${references.length} images are on the node${missed}`);
  };
  tell();
  await sideBySide(references, SIDE_BY_SIDE, async (reference) => {
    signal.throwIfAborted();
    const reason = await pullOnNode(node, reference, signal);
    if (reason === undefined) done += 1;
    else failed.push(shortName(reference));
    tell();
  });
}

/** Why an image could not be pulled, or undefined when it is there. */
async function pullOnNode(
  node: Docker.Container,
  reference: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const exec = await node.exec({
      Cmd: ['crictl', 'pull', reference],
      AttachStdout: true,
      AttachStderr: true,
      abortSignal: signal,
    });
    const stream = await exec.start({ abortSignal: signal });
    const sink = new PassThrough().resume();
    stream.pipe(sink);
    await new Promise<void>((resolve, reject) => {
      stream.once('end', resolve);
      stream.once('close', resolve);
      stream.once('error', reject);
    });
    const { ExitCode } = await exec.inspect();
    return ExitCode === 0 ? undefined : `crictl ended with ${String(ExitCode)}`;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}

function shortName(reference: string): string {
  return reference.replace(/@.*/, '').replace(/^.*\//, '');
}
