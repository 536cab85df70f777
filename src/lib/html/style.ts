/** The style of every page: follows the person's choice of light or dark, with contrasts of at least 4.5 to 1. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #f5f7fa; --card: #fff; --text: #1b2433; --dim: #566175; --line: #dce2ea; --soft: #eef2f7; --accent: #0b5cad; --on-accent: #fff;
  --good: #14713a; --bad: #b3261e; --warn: #8a5a00; --busy: #0b5cad; --idle: #566175; --good-soft: #e3f5e9; --bad-soft: #fdebe9; --warn-soft: #fdf2da; --busy-soft: #e5f0fc; --idle-soft: #eef1f5;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; }
@media (prefers-color-scheme: dark) { :root { --ground: #11161d; --card: #1a212b; --text: #e6ebf3; --dim: #a4afc0; --line: #2e3845; --soft: #222b37; --accent: #82b9ff; --on-accent: #0d1a2b;
  --good: #74d69b; --bad: #ff9d95; --warn: #f0c163; --busy: #82b9ff; --idle: #a4afc0; --good-soft: #17301f; --bad-soft: #3a1d1c; --warn-soft: #332814; --busy-soft: #172a41; --idle-soft: #262f3b; } }
*, *::before { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; font: 1rem/1.55 system-ui, sans-serif; color: var(--text); background: var(--ground); }
body > * { padding-inline: max(1.25rem, calc((100vw - 72rem) / 2)); }
body > header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; min-height: 3.5rem; background: var(--card); border-bottom: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: .6rem; font-weight: 650; color: inherit; text-decoration: none; }
.brand::before { content: ""; width: 1.05rem; height: 1.05rem; border: .27rem solid var(--accent); border-right-color: transparent; border-radius: 50%; transform: rotate(-45deg); }
.account { margin-left: auto; font-size: .875rem; color: var(--dim); }
main { flex: 1; padding-block: 1.5rem 3rem; min-width: 0; }
footer { padding-block: 1rem; font-size: .8125rem; color: var(--dim); border-top: 1px solid var(--line); }
a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: 1px; } a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .4rem 0 .75rem; overflow-wrap: anywhere; } h2 { font-size: 1.125rem; margin: 2rem 0 .6rem; } h3 { font-size: .95rem; margin: 1rem 0 .4rem; }
h1 .badge, h1 .dim { font-size: .875rem; vertical-align: middle; } h1 .dim { font-size: 1.25rem; font-weight: 400; } p { margin: .5rem 0; } main > p { max-width: 52rem; } main > p.note { max-width: none; }
.dim { color: var(--dim); } .small { font-size: .875rem; } .error { color: var(--bad); }
.way { margin-bottom: .5rem; } .way ol { display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; padding: 0; margin: 0; font-size: .875rem; } .way li + li::before { content: "/"; margin-right: .4rem; color: var(--dim); }
.tabs { display: flex; flex-wrap: wrap; gap: 0 1.5rem; border-bottom: 1px solid var(--line); margin: 0 0 1.25rem; }
.tabs a { padding: .4rem 0 .55rem; color: var(--dim); text-decoration: none; border-bottom: 2px solid transparent; margin-bottom: -1px; } .tabs a:hover { color: var(--text); } .tabs a[aria-current] { color: var(--text); font-weight: 600; border-color: var(--accent); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
table { width: 100%; border-collapse: collapse; } th, td { text-align: left; vertical-align: baseline; padding: .55rem .9rem; border-bottom: 1px solid var(--line); } tbody tr:last-child > * { border-bottom: 0; }
thead th { font-size: .8125rem; font-weight: 600; color: var(--dim); background: var(--soft); white-space: nowrap; } td { font-size: .9375rem; } td time, .nowrap { white-space: nowrap; } tbody tr:hover { background: var(--soft); }
code, pre { font-family: var(--mono); font-size: .8125rem; line-height: 1.55; } code { overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .8rem 1rem; overflow: auto; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; } pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
pre.log { background: #0e131a; color: #e4eaf2; border-color: #0e131a; max-height: 70vh; white-space: pre-wrap; overflow-wrap: anywhere; }
.diff { padding-inline: 0; } .diff span { display: block; min-height: 1.55em; padding: 0 1rem; width: max-content; min-width: 100%; } .diff .add { background: var(--good-soft); } .diff .del { background: var(--bad-soft); } .diff .hunk { color: var(--dim); background: var(--soft); }
.badge { display: inline-block; font-size: .8125rem; font-weight: 600; line-height: 1.5; padding: 0 .55rem; border-radius: 1rem; white-space: nowrap; color: var(--idle); background: var(--idle-soft); }
.badge.good { color: var(--good); background: var(--good-soft); } .badge.bad { color: var(--bad); background: var(--bad-soft); } .badge.warn { color: var(--warn); background: var(--warn-soft); } .badge.busy { color: var(--busy); background: var(--busy-soft); }
.box, .note { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .85rem 1.1rem; margin: .75rem 0; } .note { border-left: 4px solid var(--idle); overflow-wrap: anywhere; } .note.good { border-left-color: var(--good); } .note.bad { border-left-color: var(--bad); } .note.warn { border-left-color: var(--warn); }
.box > :first-child, .note > :first-child { margin-top: 0; } .box > :last-child, .note > :last-child { margin-bottom: 0; }
.grid { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); list-style: none; padding: 0; margin: .75rem 0; } .grid.wide { grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); } .grid > * { margin: 0; min-width: 0; }
.grid.stages { grid-template-columns: repeat(auto-fit, minmax(min(100%, 10rem), 1fr)); } .grid b { display: block; } .stages > * { border-top: 4px solid var(--idle); } .stages > .good { border-top-color: var(--good); } .stages > .bad { border-top-color: var(--bad); } .stages > .warn { border-top-color: var(--warn); } .stages > .busy { border-top-color: var(--busy); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: .6rem 0; align-items: baseline; } dt { color: var(--dim); font-size: .875rem; } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
form { display: inline; } form.box { display: block; } .actions { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin: .75rem 0; }
button { font: inherit; font-size: .9375rem; padding: .3rem .9rem; border: 1px solid var(--line); border-radius: .45rem; background: var(--card); color: var(--text); cursor: pointer; } button:hover { border-color: var(--dim); }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; } button.danger { color: var(--bad); border-color: currentColor; }
label { display: block; margin: .5rem 0; } input:not([type=hidden]), select { font: inherit; display: block; margin-top: .2rem; padding: .35rem .5rem; width: 100%; max-width: 24rem; border: 1px solid var(--dim); border-radius: .45rem; background: var(--card); color: var(--text); }
summary { cursor: pointer; } summary code { color: var(--dim); }
@media (max-width: 40rem) { h1 { font-size: 1.35rem; } dl { grid-template-columns: 1fr; gap: 0; } dd + dt { margin-top: .4rem; } }
`;
