import type { TaskEvent } from '../../flow/task.ts';
import type { Output } from '../output.ts';
import { formatDuration } from '../../lib/duration.ts';

/** A renderer that needs to be awaited, so that the terminal is whole again before more is printed. */
export interface LiveRenderer {
  handle(event: TaskEvent): void;
  finished(): Promise<void>;
}

interface Outcome {
  readonly state: 'done' | 'failed' | 'skipped';
  readonly note: string;
}

interface Row {
  settle(outcome: Outcome): void;
  begin(): void;
  say(message: string): void;
}

/** A live tree of tasks with durations, by listr2, for terminals. */
export async function treeRenderer(output: Output): Promise<LiveRenderer> {
  const { Listr } = await import('listr2');
  const rows = new Map<string, Row>();
  let running: Promise<unknown> = Promise.resolve();
  const { dim } = output.colors;

  const plan = (tasks: readonly { readonly id: string; readonly title: string }[]) => {
    const list = new Listr([], {
      concurrent: true,
      exitOnError: false,
      renderer: 'default',
      rendererOptions: { showErrorMessage: false, collapseErrors: false, formatOutput: 'truncate' },
      registerSignalListeners: false,
    });
    for (const { id, title } of tasks) {
      let begin = () => undefined as void;
      let settle: Row['settle'] = () => undefined;
      const ended = new Promise<Outcome>((resolve) => (settle = resolve));
      const begun = new Promise<void>((resolve) => (begin = resolve));
      list.add({
        title,
        task: async (_context, row) => {
          const entry = rows.get(id);
          if (entry !== undefined) {
            rows.set(id, { ...entry, say: (message) => (row.title = `${title} ${dim(message)}`) });
          }
          row.title = dim(title);
          await begun;
          row.title = title;
          const { state, note } = await ended;
          if (state === 'skipped') row.skip(`${title} ${dim(note)}`);
          else row.title = `${title} ${dim(note)}`;
          if (state === 'failed') throw new Error(note);
        },
      });
      rows.set(id, { begin, settle, say: () => undefined });
    }
    running = list.run().catch(() => undefined);
  };

  return {
    handle(event) {
      if (event.type === 'planned') {
        plan(event.tasks);
        return;
      }
      const row = rows.get(event.id);
      if (row === undefined) return;
      switch (event.type) {
        case 'started':
          row.begin();
          return;
        case 'progress':
          row.say(event.message);
          return;
        case 'finished': {
          const time = formatDuration(event.duration);
          row.settle({ state: 'done', note: event.outcome === 'done' ? time : `unchanged, ${time}` });
          return;
        }
        case 'failed':
          row.settle({ state: 'failed', note: `${formatDuration(event.duration)}: ${event.message}` });
          return;
        case 'skipped':
          row.begin();
          row.settle({ state: 'skipped', note: 'not started' });
          return;
      }
    },
    async finished() {
      await running;
    },
  };
}
