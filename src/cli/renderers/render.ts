import type { TaskEvent } from '../../flow/task.ts';
import type { Output } from '../output.ts';
import { plainRenderer } from './plain.ts';
import { treeRenderer } from './tree.ts';

/** Shows the events of some work as they come: a live tree on a terminal, lines elsewhere. */
export async function renderTasks<T>(
  output: Output,
  work: (emit: (event: TaskEvent) => void) => Promise<T>,
): Promise<T> {
  if (!output.interactive || output.json) return work(plainRenderer(output));
  const tree = await treeRenderer(output);
  try {
    return await work((event) => {
      tree.handle(event);
    });
  } finally {
    await tree.finished();
  }
}
