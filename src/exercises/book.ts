import type { Playground } from '../flow/playground.ts';
import { Html, html } from '../lib/html/html.ts';
import type { Exercise } from './exercise.ts';
import type { Site } from './site.ts';

interface BookOptions {
  /** Whether the solutions stand behind each exercise. */
  readonly solutions: boolean;
}

/**
 * All exercises as one printable page without script. Raw HTML in a text is shown as text, links lead to pages only, and the
 * page's own policy lets nothing be loaded or run.
 */
export async function renderBook(
  exercises: readonly Exercise[],
  playground: Playground,
  { solutions }: BookOptions,
): Promise<string> {
  const { default: MarkdownIt } = await import('markdown-it');
  const markdown = new MarkdownIt({ html: false, linkify: true });
  // A file such as text.md is no address.
  markdown.linkify.set({ fuzzyLink: false });
  // The headings of a text stand below the title of its chapter.
  const rendered = (text: string) => new Html(markdown.render(text.replaceAll(/^## /gm, '### ')));
  const { signal } = new AbortController();
  const minutes = exercises.reduce((sum, exercise) => sum + exercise.minutes, 0);
  const chapter = (exercise: Exercise, index: number): Html => {
    const site: Site = { playground, files: exercise.files, signal };
    const body = exercise.text.replace(/^# .*\n+/, '');
    return html`<section class="exercise" id="${exercise.id}">
      <p class="number">Exercise ${index + 1} <span class="dim">about ${exercise.minutes} minutes</span></p>
      <h2>${exercise.title}</h2>
      ${rendered(body)}
      <h3>It is solved when</h3>
      <ul class="checks">
        ${exercise.checks.map(({ title }) => html`<li>${title}</li>`)}
      </ul>
      <pre><code>npx gitops-playground exercise start ${exercise.id}
npx gitops-playground exercise check</code></pre>
      ${solutions ? solutionOf(exercise, site, rendered) : undefined}
    </section>`;
  };
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="content-security-policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <title>GitOps by doing: ${exercises.length} exercises</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header>
          <p class="number">gitops-playground</p>
          <h1>GitOps by doing</h1>
          <p class="lead">
            ${exercises.length} exercises, about ${Math.round(minutes / 60)} hours. You change things in Git
            and watch the cluster follow; each exercise checks itself.
          </p>
          <nav aria-label="Exercises">
            <ol>
              ${exercises.map(
                ({ id, title, minutes: each }) =>
                  html`<li><a href="#${id}">${title}</a> <span class="dim">${each} min</span></li>`,
              )}
            </ol>
          </nav>
        </header>
        <main>${exercises.map(chapter)}</main>
      </body>
    </html>`.source;
}

function solutionOf({ solution, hints }: Exercise, site: Site, rendered: (text: string) => Html): Html {
  return html`<div class="solution">
    <h3>Hints</h3>
    <ol>
      ${hints.map((hint) => html`<li>${rendered(hint)}</li>`)}
    </ol>
    <h3>Solution</h3>
    <ol>
      ${solution.map(
        (step) =>
          html`<li>
            ${step.title}
            <pre><code>${step.typed(site).join('\n')}</code></pre>
          </li>`,
      )}
    </ol>
  </div>`;
}

/** For paper first: black on white, one exercise a page, code that does not break. */
const STYLE = `
:root { --text: #1b2433; --dim: #566175; --line: #cfd7e2; --accent: #0b5cad; --soft: #f3f6fa; }
* { box-sizing: border-box; }
body { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.5rem; font: 11pt/1.5 "Segoe UI", system-ui, "Helvetica Neue", Arial, sans-serif; color: var(--text); background: #fff; }
h1 { font-size: 26pt; line-height: 1.15; margin: .2rem 0 .6rem; } h2 { font-size: 18pt; line-height: 1.2; margin: .1rem 0 .8rem; } h3 { font-size: 12pt; margin: 1.2rem 0 .35rem; }
.lead { font-size: 13pt; color: var(--dim); } .dim { color: var(--dim); font-weight: 400; font-size: 9.5pt; }
.number { margin: 0; font-size: 10pt; font-weight: 700; letter-spacing: .02em; color: var(--accent); } .number .dim { margin-left: .6rem; }
nav ol { padding-left: 1.6rem; } nav li { margin: .3rem 0; } a { color: var(--accent); text-decoration: none; }
.exercise { border-top: 2pt solid var(--accent); margin-top: 3rem; padding-top: 1rem; }
h2 + p + h3 + ul { background: var(--soft); border-radius: .4rem; padding: .6rem 1rem .6rem 2.2rem; margin-top: 0; }
pre { margin: .5rem 0 .8rem; padding: .55rem .8rem; background: var(--soft); border: 1px solid var(--line); border-radius: .35rem; white-space: pre-wrap; overflow-wrap: anywhere; break-inside: avoid; }
code { font: 9.5pt/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; } p code, li code, td code { background: var(--soft); padding: .05rem .25rem; border-radius: .2rem; overflow-wrap: anywhere; } pre code { background: none; padding: 0; }
li { margin: .2rem 0; } li > p { margin: .2rem 0; } table { border-collapse: collapse; margin: .6rem 0; width: 100%; } th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
blockquote { margin: .8rem 0; padding: .1rem 1rem; border-left: 3pt solid var(--line); color: var(--dim); }
.checks { list-style: none; padding-left: 0; } .checks li { padding-left: 1.6rem; position: relative; } .checks li::before { content: ""; position: absolute; left: 0; top: .28em; width: .8rem; height: .8rem; border: 1.2pt solid var(--text); border-radius: .15rem; }
.solution { border-left: 3pt solid var(--line); padding-left: 1.1rem; margin-top: 1.6rem; }
@page { size: A4; margin: 18mm 16mm; }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } .exercise { border-top: 0; margin-top: 0; padding-top: 0; break-before: page; } h2, h3 { break-after: avoid; } a { color: inherit; } h2 + p + h3 + ul, pre, code { print-color-adjust: exact; } }
`;
