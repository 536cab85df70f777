import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, isAlias, isCollection, isMap, isPair, isScalar, isSeq, parseAllDocuments, visit } from '../yaml.mjs';

/** The manifests of a folder and of the folders in it, sorted, as paths that begin with the folder. */
export function findManifests(folder) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...findManifests(path));
    else if (/\.(ya?ml|json)$/.test(entry.name)) found.push(path);
  }
  return found.sort();
}

/**
 * Reads one file into its objects. What is wrong with the YAML itself goes to `problems`.
 * An object is `{ file, value, document, at(path), keyAt(path) }`; the last two give places for messages.
 */
export function readManifest(file, problems, bytes = readFileSync(file)) {
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    problems.push({ file, line: 1, column: 1, message: 'is not UTF-8 text' });
    return { text: '', objects: [] };
  }
  const lines = new LineCounter();
  const place = (offset, end = offset + 1) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), length: Math.max(1, end - offset) };
  };
  const fail = (offset, end, message) => problems.push({ ...place(offset, end), message });

  let documents;
  try {
    documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    fail(0, 1, 'is nested too deeply');
    return { text, objects: [] };
  }

  const objects = [];
  for (const document of documents) {
    for (const error of document.errors) fail(error.pos[0], error.pos[1], explain(error));
    if (document.errors.length > 0 || document.contents === null) continue;
    if (isScalar(document.contents) && document.contents.value === null) continue;
    const [start, end] = document.contents.range;
    if (!isMap(document.contents)) {
      fail(start, Math.min(end, start + 1), 'must be a map that begins with apiVersion and kind');
      continue;
    }
    try {
      const before = problems.length;
      reportSurprises(document, text, fail);
      const value = withoutNulls(document.toJS({ maxAliasCount: 50 }));
      if (problems.length === before) objects.push({ file, value, document, ...places(document, place) });
    } catch (error) {
      fail(start, start + 1, whyUnresolved(error));
    }
  }
  return { text, objects };
}

/** Why a document that parses has no value. Errors that are not the document's are thrown on. */
function whyUnresolved(error) {
  // Of YAML 1.1, which a document may ask for by its directive; the parser has no class for it.
  if (/^Merge sources must be/.test(error.message)) return 'has a merge key (<<) whose value is no map';
  if (!(error instanceof ReferenceError || error instanceof RangeError || error instanceof TypeError)) throw error;
  return 'has aliases (*name) that cannot be resolved';
}

/** Kubernetes takes a field without a value as a field that is not there. */
function withoutNulls(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

/** The places of values and keys by their path, such as ['spec', 'containers', 0]; of the nearest parent when absent. */
function places(document, place) {
  const first = (node) => (isMap(node) && isPair(node.items[0]) ? node.items[0].key : node);
  const span = (node) => {
    if (!node?.range) return place(0, 1);
    const [start, end] = node.range;
    return isCollection(node) ? place(start, start + 1) : place(start, end);
  };
  const walk = (path) => {
    let value = document.contents;
    let key;
    for (const step of path) {
      if (isAlias(value)) break;
      const pair = isMap(value) ? value.items.find((item) => String(item.key?.value ?? item.key) === String(step)) : undefined;
      const item = isSeq(value) ? value.items[step] : pair?.value;
      if (pair === undefined && item == null) break;
      key = pair?.key ?? first(item);
      value = item ?? pair.key;
    }
    return { key, value };
  };
  return {
    at: (path) => {
      const { key, value } = walk(path);
      return span(isCollection(value) ? (key ?? first(value)) : value);
    },
    keyAt: (path) => {
      const { key, value } = walk(path);
      return span(key ?? first(value));
    },
  };
}

/** Kubernetes reads YAML 1.1, in which a plain `yes` is true and 0644 is octal; newer readers see a text and 644. */
function reportSurprises(document, text, fail) {
  visit(document, {
    Pair(_, { key }) {
      if (isCollection(key)) fail(key.range[0], key.range[1], 'a key must be text, this is a list or a map');
    },
    Scalar(key, node) {
      if (key === 'key' || node.type !== 'PLAIN' || !node.range) return;
      const source = text.slice(node.range[0], node.range[1]);
      if (/^(y|yes|n|no|on|off)$/i.test(source)) {
        fail(node.range[0], node.range[1], `${source} is read as true or false by some programs and as text by others: write "${source}", true or false`);
      } else if (/^0[0-7]+$/.test(source)) {
        fail(node.range[0], node.range[1], `${source} is octal for some programs and decimal for others: write it in quotes or without the leading 0`);
      }
    },
  });
}

function explain(error) {
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return 'this key is there twice in the same map';
    case 'TAB_AS_INDENT':
      return 'YAML is indented by spaces, this is a tab';
    default:
      return `is not YAML: ${error.message.replace(/\s+/g, ' ').replace(/^(.)/, (letter) => letter.toLowerCase())}`;
  }
}
