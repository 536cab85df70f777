import { useState } from 'preact/hooks';
import type { DiffLine } from '../../../lib/diff.ts';
import { parseDiff } from './file-diffs.ts';

const kinds: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'hunk' };
/** Longer ones are shown when somebody asks for them. */
const SHOWN_LINES = 400;

/** What a commit or a pull request changes, file by file. */
export function UnifiedDiff({ text }: { readonly text: string }) {
  const files = parseDiff(text);
  if (files.length === 0) return <p class="empty">It changes no file.</p>;
  return (
    <div class="diff-files">
      {files.map(({ path, lines, added, removed }) => (
        <details key={path} class="card diff-file" open={lines.length <= SHOWN_LINES}>
          <summary>
            <code>{path}</code>
            <span class="plus">+{added}</span>
            <span class="minus">-{removed}</span>
          </summary>
          <Lines
            label={path}
            lines={lines.map((line) => ({ kind: kinds[line.charAt(0)] ?? 'same', text: line }))}
          />
        </details>
      ))}
    </div>
  );
}

const signs = { same: '  ', added: '+ ', removed: '- ' } as const;

/** What is different between the live object and the desired one. */
export function LineDiff({ label, lines }: { readonly label: string; readonly lines: readonly DiffLine[] }) {
  return (
    <Lines label={label} lines={lines.map(({ kind, text }) => ({ kind, text: `${signs[kind]}${text}` }))} />
  );
}

interface Line {
  readonly kind: string;
  readonly text: string;
}

function Lines({ label, lines }: { readonly label: string; readonly lines: readonly Line[] }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? lines : lines.slice(0, SHOWN_LINES);
  return (
    <>
      <pre class="diff" tabIndex={0} role="region" aria-label={`Changes of ${label}`}>
        {shown.map(({ kind, text }, index) => (
          <span key={index} class={kind}>
            {text}
            {'\n'}
          </span>
        ))}
      </pre>
      {shown.length === lines.length ? null : (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            setWhole(true);
          }}
        >
          Show all {lines.length} lines
        </button>
      )}
    </>
  );
}
