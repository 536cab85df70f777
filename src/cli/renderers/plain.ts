import type { TaskEvent } from '../../flow/task.ts';
import type { Output } from '../output.ts';
import { formatDuration } from '../../lib/duration.ts';

/** One line for each finished task: for pipes, CI and `--json`. */
export function plainRenderer(output: Output): (event: TaskEvent) => void {
  const titles = new Map<string, string>();
  const { green, red, dim } = output.colors;
  return (event) => {
    switch (event.type) {
      case 'planned':
        for (const { id, title } of event.tasks) titles.set(id, title);
        return;
      case 'finished': {
        const mark = event.outcome === 'done' ? green('done     ') : dim('unchanged');
        output.note(`${mark}  ${titles.get(event.id) ?? event.id}  ${dim(formatDuration(event.duration))}`);
        return;
      }
      case 'failed':
        // At once: others may take their time before all is said, and not each reason is.
        output.note(
          `${red('failed   ')}  ${titles.get(event.id) ?? event.id}  ${dim(formatDuration(event.duration))}: ${event.message}`,
        );
        return;
      case 'started':
      case 'progress':
      case 'skipped':
        return;
    }
  };
}
