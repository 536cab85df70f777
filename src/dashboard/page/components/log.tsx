import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem, request } from '../api.ts';
import { ProblemNote } from './basics.tsx';

/** Colours of terminals, which a page does not show. */
const ESCAPES = /\x1b\[[0-9;?]*[A-Za-z]/g;
/** So many characters are kept; of a longer log the end. */
const KEPT = 400_000;

interface LogProps {
  readonly path: string;
  readonly label: string;
  /** The log is opened anew when this changes. */
  readonly again?: string;
}

/** A log as it grows. It follows its end, unless somebody has scrolled up. */
export function Log({ path, label, again = '' }: LogProps) {
  const place = useRef<HTMLPreElement>(null);
  const [problem, setProblem] = useState<Problem>();
  const [isEnded, setEnded] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    const read = async () => {
      const response = await request(path, { signal: abort.signal });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const chunk = await reader?.read();
        if (chunk === undefined || chunk.done) break;
        if (place.current !== null) append(place.current, chunk.value.replaceAll(ESCAPES, ''));
      }
      setEnded(true);
    };
    setProblem(undefined);
    setEnded(false);
    place.current?.replaceChildren();
    read().catch((error: unknown) => {
      if (!abort.signal.aborted) setProblem(error instanceof Problem ? error : new Problem(0, String(error)));
    });
    return () => {
      abort.abort();
    };
  }, [path, again]);
  return (
    <div class="log-box">
      <ProblemNote problem={problem} />
      <pre class="log" ref={place} tabIndex={0} role="log" aria-label={label} aria-live="off" />
      <p class="log-state">{isEnded ? 'End of the log' : 'Follows what is written'}</p>
    </div>
  );
}

function append(place: HTMLPreElement, text: string): void {
  const isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
  place.append(document.createTextNode(text));
  while ((place.textContent?.length ?? 0) > KEPT && place.childNodes.length > 1) place.firstChild?.remove();
  if (isAtEnd) place.scrollTop = place.scrollHeight;
}
