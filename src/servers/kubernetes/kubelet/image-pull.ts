import type { Container } from 'kubernetes-types/core/v1';
import { messageOf } from '../../../lib/errors.ts';
import type { Image } from './image-store.ts';
import type { PodEnvironment } from './pod-environment.ts';
import type { Wakeup } from './wakeup.ts';

const FIRST_BACKOFF = 10_000;
const LONGEST_BACKOFF = 300_000;

/**
 * Brings a container's image here as its pull policy says, and keeps trying (ErrImagePull, ImagePullBackOff).
 * @param stopped resolves when the pod ends before its image is here.
 * @returns undefined when it was stopped.
 */
export async function pullImage(
  pod: PodEnvironment,
  container: Container,
  wake: Wakeup,
  isStopped: () => boolean,
  stopped: Promise<void>,
  wait: (reason: string, message: string) => void,
): Promise<Image | undefined> {
  const { image: reference = '', imagePullPolicy = 'IfNotPresent', name } = container;
  const { images, clock } = pod;
  const isInit = pod.pod().spec.initContainers?.some((other) => other.name === name) === true;
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string) => {
    pod.tell(type, reason, message, name, isInit);
  };
  for (let backoff = FIRST_BACKOFF; !isStopped(); backoff = Math.min(LONGEST_BACKOFF, backoff * 2)) {
    try {
      const present = imagePullPolicy === 'Always' ? undefined : images.find(reference);
      if (present !== undefined) {
        tell('Normal', 'Pulled', `Container image "${reference}" already present on machine`);
        return present;
      }
      if (imagePullPolicy === 'Never') {
        const message = `Container image "${reference}" is not present with pull policy of Never`;
        wait('ErrImageNeverPull', message);
        tell('Warning', 'ErrImageNeverPull', message);
      } else {
        tell('Normal', 'Pulling', `Pulling image "${reference}"`);
        const began = clock.now();
        // A registry that does not answer must not hold up the end of the pod.
        const image = await Promise.race([images.pull(reference), stopped]);
        if (image === undefined) return undefined;
        const took = `${clock.now() - began}ms`;
        tell(
          'Normal',
          'Pulled',
          `Successfully pulled image "${reference}" in ${took} (${took} including waiting). Image size: ${image.size} bytes.`,
        );
        return image;
      }
    } catch (error) {
      const message = messageOf(error);
      const reason = message.startsWith('InvalidImageName') ? 'InvalidImageName' : 'ErrImagePull';
      wait(reason, message);
      tell('Warning', 'Failed', `Failed to pull image "${reference}": ${message}`);
      tell('Warning', 'Failed', `Error: ${reason}`);
      // The error stands for a moment, so that it is seen, before the wait.
      await wake.sleep(clock, 1_000);
      if (isStopped()) return undefined;
      if (reason === 'ErrImagePull') {
        wait('ImagePullBackOff', `Back-off pulling image "${reference}": ErrImagePull: ${message}`);
        tell('Normal', 'BackOff', `Back-off pulling image "${reference}"`);
        tell('Warning', 'Failed', 'Error: ImagePullBackOff');
      }
    }
    await wake.sleep(clock, backoff);
  }
  return undefined;
}
