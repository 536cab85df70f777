import { readFileSync } from 'node:fs';

/** All problems as text: the place, what is wrong, the line itself, and for a policy why and how to mend it. */
export function renderProblems(problems, read = readLines) {
  const cache = new Map();
  const lineOf = ({ file, line }) => {
    if (!cache.has(file)) cache.set(file, read(file));
    return cache.get(file)[line - 1];
  };
  return problems.map((problem) => renderProblem(problem, lineOf(problem))).join('\n');
}

function renderProblem({ file, line, column, length = 1, path, message, policy }, source) {
  const what = path ? `${path}: ${message}` : message;
  const text = [`${file}:${line}:${column}: ${what}${policy ? ` [${policy.name}]` : ''}`];
  if (source !== undefined) {
    const number = String(line).padStart(5);
    const visible = source.slice(0, 160);
    const marks = '^'.repeat(Math.max(1, Math.min(length, visible.length - column + 1, 60)));
    text.push(`${number} | ${visible}`, `${' '.repeat(5)} | ${visible.slice(0, column - 1).replace(/[^\t]/g, ' ')}${marks}`);
  }
  if (policy) text.push(`      why:  ${policy.reason}`, `      mend: ${policy.mend}`);
  return `${text.join('\n')}\n`;
}

function readLines(file) {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch {
    return [];
  }
}

export function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
