import { colour, hexOf } from '../theme.js';
import { shop } from './shop.js';

const stages = {
  local: 'On your own machine, outside the cluster.',
  staging: 'What was pushed last. Every commit on main comes here by itself.',
  production: 'What was approved. A commit comes here when its pull request is merged.',
};

/** The whole page; `live.js` keeps it fresh while it is open. */
export function renderPage({ app, stage, greeting, revision, image, pod, started }) {
  const digest = image.split('@sha256:')[1];
  return `<!doctype html>
<html lang="en" style="--accent: ${hexOf(colour)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(app)} · ${escape(stage)}</title>
<link rel="icon" href="${icon(hexOf(colour))}">
<link rel="stylesheet" href="/style.css?${escape(revision)}">
<script type="module" src="/live.js?${escape(revision)}"></script>
</head>
<body>
<main data-app="${escape(app)}" data-revision="${escape(revision)}" data-image="${escape(image)}" data-pod="${escape(pod)}" data-stage="${escape(stage)}">
  <section class="words">
    <p class="stage">${escape(stage)}</p>
    <h1>${escape(greeting)}</h1>
    <p class="lead">${escape(stages[stage] ?? 'One more stage on the way.')}</p>
    <dl>
      <div><dt>Revision</dt><dd><code title="${escape(revision)}">${escape(revision.slice(0, 7))}</code></dd></div>
      <div><dt>Image</dt><dd><code title="${escape(image)}">${escape(digest ? digest.slice(0, 12) : image)}</code></dd></div>
      <div><dt>Colour</dt><dd><i class="swatch"></i>${escape(colour)}</dd></div>
      <div><dt>Pod</dt><dd><code class="pod">${escape(pod)}</code></dd></div>
    </dl>
    <p class="pulse" role="status"><span class="dot"></span><span id="pulse">up since <time datetime="${new Date(started).toISOString()}">${new Date(started).toISOString().slice(11, 19)} UTC</time></span></p>
  </section>
  <figure>${shop(escape(app))}</figure>
</main>
<aside id="news" aria-live="polite"></aside>
</body>
</html>
`;
}

function icon(hex) {
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect x='2' y='6' width='12' height='8' rx='1' fill='#d8d2c6'/><path d='M1 7 3 2h10l2 5a2 2 0 0 1-4.7 0 2 2 0 0 1-4.6 0A2 2 0 0 1 1 7z' fill='${hex}'/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function escape(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}
