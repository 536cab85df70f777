import { html, type Html } from '../../../lib/html/html.ts';

const SHOWN_FILES = 100;
const SHOWN_LINES = 3000;

interface FileDiff {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Cuts the output of `git diff -p` into files. */
export function splitDiff(text: string): FileDiff[] {
  const files: { title: string; lines: string[] }[] = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    if (line.startsWith('diff --git ')) {
      const title = / b\/(.*)$/.exec(line)?.[1] ?? line.slice('diff --git '.length);
      files.push({ title, lines: [] });
    } else {
      files.at(-1)?.lines.push(line);
    }
  }
  return files;
}

function classOf(line: string, inHunk: boolean): string {
  if (line.startsWith('@@')) return 'hunk';
  if (!inHunk) return 'hunk';
  if (line.startsWith('+')) return 'add';
  return line.startsWith('-') ? 'del' : '';
}

/** The changed files one below the other, added and removed lines coloured. */
export function diffView(text: string): Html {
  const files = splitDiff(text);
  if (files.length === 0) return html`<p class="dim">No file differs.</p>`;
  let left = SHOWN_LINES;
  const shown = files.slice(0, SHOWN_FILES).map(({ title, lines }) => {
    const part = lines.slice(0, left);
    left -= part.length;
    let inHunk = false;
    return html`<section>
      <h3><code>${title}</code></h3>
      <pre class="diff">
${part.map((line) => {
          inHunk ||= line.startsWith('@@');
          return html`<span class="${classOf(line, inHunk)}">${line}</span>`;
        })}</pre>
      ${part.length < lines.length ? html`<p class="dim">The rest is not shown.</p>` : ''}
    </section>`;
  });
  const hidden = files.length - shown.length;
  return html`${shown}${hidden > 0 ? html`<p class="dim">${hidden} more files are not shown.</p>` : ''}`;
}
