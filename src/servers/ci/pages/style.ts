/** The style of all pages: follows the person's choice of light or dark, with contrasts of at least 4.5 to 1. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fbfbfd; --card: #fff; --text: #1c2330; --dim: #596273; --line: #dfe3ea; --accent: #0b5cad;
  --good: #14713a; --bad: #b3261e; --odd: #8a5a00; --idle: #5b6472; }
@media (prefers-color-scheme: dark) { :root { --ground: #12161d; --card: #1a2029; --text: #e7ebf2; --dim: #a3adbd; --line: #2f3844;
  --accent: #7db8ff; --good: #6fd598; --bad: #ff9a92; --odd: #f0c060; --idle: #a3adbd; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: var(--ground); color: var(--text); }
header { display: flex; gap: .75rem; align-items: baseline; padding: .75rem 1.25rem; border-bottom: 1px solid var(--line); background: var(--card); }
.brand { font-weight: 700; color: var(--text); text-decoration: none; }
.kind, .user, .dim { color: var(--dim); font-size: .875rem; } .user { margin-left: auto; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; }
a { color: var(--accent); } a:focus-visible, button:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
nav ol { display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; padding: 0; margin: 0; font-size: .875rem; } nav li + li::before { content: "/"; margin-right: .4rem; color: var(--dim); }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
th, td { text-align: left; padding: .5rem .75rem; border-bottom: 1px solid var(--line); } th { font-size: .8125rem; color: var(--dim); } tr:last-child td { border-bottom: 0; }
.badge { font-size: .8125rem; font-weight: 600; padding: .1rem .5rem; border: 1px solid currentColor; border-radius: 1rem; white-space: nowrap; color: var(--idle); }
.success { color: var(--good); } .failure, .failed { color: var(--bad); } .unstable, .paused_pending_input { color: var(--odd); } .running, .in_progress { color: var(--accent); }
.stages { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; margin: 0; }
.stages li { flex: 1 1 9rem; background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--idle); border-radius: .5rem; padding: .5rem .75rem; color: var(--text); }
.stages .success { border-top-color: var(--good); } .stages .failure { border-top-color: var(--bad); } .stages .unstable { border-top-color: var(--odd); } .stages .in_progress { border-top-color: var(--accent); }
.stages b { display: block; } .stages span { color: var(--dim); font-size: .875rem; }
pre { background: #0e1218; color: #e6ebf2; padding: 1rem; border-radius: .5rem; overflow: auto; max-height: 70vh; font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
form { display: inline; } .actions { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .75rem 0; }
button { font: inherit; padding: .35rem .9rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--card); color: var(--text); cursor: pointer; }
button.primary { background: #0b5cad; border-color: #0b5cad; color: #fff; } button.danger { color: var(--bad); border-color: currentColor; }
.question { border: 1px solid var(--odd); border-radius: .5rem; padding: .75rem 1rem; background: var(--card); }
label { display: block; margin: .5rem 0; } input:not([type=hidden]), select { font: inherit; display: block; padding: .35rem .5rem; width: 100%; max-width: 24rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--card); color: var(--text); }
.error { color: var(--bad); }
`;
