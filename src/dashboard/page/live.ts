import { signal } from '@preact/signals';
import type { LoopView, Topic } from '../model/loop.ts';
import { key, Problem, request } from './api.ts';

/** What the map shows; undefined until the server has told it. */
export const loop = signal<LoopView | undefined>(undefined);
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting');

/** Counts up whenever something of a topic has changed, or may have while the connection was lost. */
const counters = {
  git: signal(0),
  builds: signal(0),
  images: signal(0),
  applications: signal(0),
  cluster: signal(0),
  exercises: signal(0),
} satisfies Record<Topic, unknown>;

export function versionOf(topics: readonly Topic[]): number {
  return topics.reduce((sum, topic) => sum + counters[topic].value, 0);
}

function changed(topics: readonly Topic[]): void {
  for (const topic of topics) counters[topic].value += 1;
}

const allTopics = Object.keys(counters) as Topic[];
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 3000;

/** Listens to the server for as long as there is a key, and connects again by itself. */
export async function listen(): Promise<void> {
  let pause = FIRST_PAUSE;
  while (key.value !== '') {
    try {
      const response = await request('/api/events', { headers: { accept: 'text/event-stream' } });
      if (connection.value === 'lost') changed(allTopics);
      connection.value = 'live';
      pause = FIRST_PAUSE;
      await readEvents(response);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return;
    }
    connection.value = 'lost';
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 1.6, LONGEST_PAUSE);
  }
}

/** Reads server-sent events (HTML, "Server-sent events") as far as this server writes them: `event` and one line of `data`. */
async function readEvents(response: Response): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return;
    rest += chunk.value;
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) take(block);
  }
}

function take(block: string): void {
  const name = /^event: (.*)$/m.exec(block)?.[1];
  const data = /^data: (.*)$/m.exec(block)?.[1] ?? '{}';
  if (name === 'loop') loop.value = (JSON.parse(data) as { loop: LoopView }).loop;
  else if (name === 'changed') changed((JSON.parse(data) as { topics: Topic[] }).topics);
}
