import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A file with its path, relative to what it belongs to, with `/`. */
export interface RenderedFile {
  readonly path: string;
  readonly content: string;
}

/** Fills the placeholders of a text; the file is named when one of them is unknown. */
export type Render = (text: string, file: string) => string;

const PLACEHOLDER = /__([A-Z]+(?:_[A-Z]+)*)__/g;

/** @throws Error when a value cannot stand in the content: a bug, not wrong use. */
export function createRenderer(values: Readonly<Record<string, string>>): Render {
  for (const [name, value] of Object.entries(values)) {
    // The values stand inside YAML, Groovy, JavaScript and shell commands: nothing that one of them would read as its own.
    if (!/^[\w.:/[\]-]+$/.test(value))
      throw new Error(`${name} cannot be rendered: ${JSON.stringify(value)}`);
  }
  return (text, file) =>
    text.replaceAll(PLACEHOLDER, (placeholder, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`${file} has the unknown placeholder ${placeholder}`);
      return value;
    });
}

/** Every file below a folder, sorted by its path. */
export function filesBelow(folder: string): RenderedFile[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return { path: relative(folder, file).split(sep).join('/'), content: readFileSync(file, 'utf8') };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
