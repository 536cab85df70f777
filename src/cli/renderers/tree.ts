import type { TaskEvent } from '../../flow/task.ts';
import type { Output } from '../output.ts';
import { formatDuration } from './duration.ts';

/** A renderer that needs to be awaited, so that the terminal is whole again before more is printed. */
export interface LiveRenderer {
  handle(event: TaskEvent): void;
  finished(): Promise<void>;
}

interface Row {
  settle(outcome: { readonly ok: boolean; readonly note?: string }): void;
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
      const ended = new Promise<{ readonly ok: boolean; readonly note?: string }>(
        (resolve) => (settle = resolve),
      );
      const begun = new Promise<void>((resolve) => (begin = resolve));
      list.add({
        title,
        task: async (_context, row) => {
          const entry = rows.get(id);
          if (entry !== undefined) {
            rows.set(id, { ...entry, say: (message) => (row.title = `${title} ${dim(message)}`) });
          }
          await begun;
          const { ok, note } = await ended;
          row.title = note === undefined ? title : `${title} ${dim(note)}`;
          if (!ok) throw new Error(note ?? 'failed');
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
          row.settle({ ok: true, note: event.outcome === 'done' ? time : `unchanged, ${time}` });
          return;
        }
        case 'failed':
          row.settle({ ok: false, note: formatDuration(event.duration) });
          return;
        case 'skipped':
          row.begin();
          row.settle({ ok: false, note: 'not started' });
          return;
      }
    },
    async finished() {
      await running;
    },
  };
}
