import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { toneOf } from '../../../lib/html/elements.ts';
import type { Problem as ProblemType } from '../api.ts';
import type { Action } from '../documents.ts';
import { ago, short } from '../format.ts';
import { now } from '../settings.ts';

/** States that the parts write in another way than `toneOf` knows. */
const alike: Readonly<Record<string, string>> = {
  done: 'succeeded',
  arrived: 'succeeded',
  passed: 'succeeded',
  solved: 'succeeded',
  approved: 'succeeded',
  live: 'succeeded',
  active: 'running',
  travelling: 'running',
  started: 'running',
  waiting: 'pending',
  containercreating: 'progressing',
  crashloopbackoff: 'failed',
  imagepullbackoff: 'failed',
  errimagepull: 'failed',
  'asks for changes': 'failed',
};

/** A state as a small coloured mark. */
export function Badge({ state, label = state }: { readonly state: string; readonly label?: string }) {
  const name = state.toLowerCase().replaceAll('_', ' ');
  return (
    <span class={`badge ${toneOf(alike[name] ?? name)}`}>
      {label.replaceAll('_', ' ').replace(/^[A-Z ]+$/, (word) => word.toLowerCase())}
    </span>
  );
}

/** How long ago something was, with the exact time behind it. */
export function Ago({ time }: { readonly time: string | number | undefined }) {
  if (time === undefined || time === '') return null;
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return null;
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString('en-GB')}>
      {ago(time, now.value)}
    </time>
  );
}

/** A commit id or digest, as people read it. */
export function Sha({ id, href }: { readonly id: string; readonly href?: string }) {
  if (id === '') return null;
  const shown = <code title={id}>{short(id)}</code>;
  return href === undefined ? shown : <a href={href}>{shown}</a>;
}

export function Copy({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => {
        setCopied(false);
      }, 1500);
    });
  };
  return (
    <button type="button" class="quiet" onClick={copy} aria-label={`${label}: ${text}`}>
      {isCopied ? 'Copied' : label}
    </button>
  );
}

/** A command to type, ready to be copied. */
export function Command({ children }: { readonly children: string }) {
  return (
    <div class="command">
      <code tabIndex={0}>{children}</code>
      <Copy text={children} />
    </div>
  );
}

export function ProblemNote({ problem }: { readonly problem: ProblemType | undefined }) {
  if (problem === undefined) return null;
  return (
    <div class="note bad" role="alert">
      <p>{problem.message}</p>
      {problem.hint === undefined ? null : <p class="dim">{problem.hint}</p>}
    </div>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** Shown while a document is on its way; only after a moment, so that nothing flickers. */
export function Waiting() {
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">Loading</span>
    </div>
  );
}

interface ButtonProps {
  readonly action: Action;
  readonly children: ComponentChildren;
  readonly kind?: 'primary' | 'danger' | 'quiet' | undefined;
  readonly disabled?: boolean;
}

/** A button that does something, and shows that it does. */
export function ActionButton({ action, children, kind, disabled = false }: ButtonProps) {
  return (
    <button
      type="button"
      class={kind}
      disabled={disabled || action.isRunning}
      aria-busy={action.isRunning}
      onClick={() => {
        action.run();
      }}
    >
      {children}
    </button>
  );
}

/** A link to a page of the product itself, which opens beside the dashboard. */
export function Outside({ href, children }: { readonly href: string; readonly children: ComponentChildren }) {
  return (
    <a class="outside" href={href} target="_blank" rel="noreferrer">
      {children}
      <span aria-hidden="true"> ↗</span>
      <span class="visually-hidden"> (opens in a new tab)</span>
    </a>
  );
}

export interface Crumb {
  readonly label: string;
  readonly href: string;
}

interface ViewProps {
  readonly title: ComponentChildren;
  /** For the browser's tab. */
  readonly name: string;
  readonly station?: string;
  readonly crumbs?: readonly Crumb[];
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A view: its heading, the way to it, what can be done, and its content. The heading gets the focus when the view is entered. */
export function View({ title, name, station, crumbs = [], actions, children }: ViewProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${name} - gitops-playground`;
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [name]);
  return (
    <div class="view" {...(station === undefined ? {} : { 'data-station': station })}>
      {crumbs.length === 0 ? null : (
        <nav class="crumbs" aria-label="Breadcrumb">
          <ol>
            {crumbs.map(({ label, href }) => (
              <li key={href}>
                <a href={href}>{label}</a>
              </li>
            ))}
          </ol>
        </nav>
      )}
      <header class="view-head">
        <h1 tabIndex={-1} ref={heading}>
          {title}
        </h1>
        {actions === undefined ? null : <div class="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Tabs({ label, tabs, current }: { label: string; tabs: readonly Crumb[]; current: string }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ label: title, href }) => (
        <a key={href} href={href} {...(href === current ? { 'aria-current': 'page' as const } : {})}>
          {title}
        </a>
      ))}
    </nav>
  );
}
