import { isScalar, parseDocument } from 'yaml';
import { z } from 'zod';
import { mainBranch } from '../../flow/names.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { fieldPath } from '../fields.ts';
import { pattern, text } from '../kinds.ts';
import { look } from '../looks/all.ts';
import { readText } from '../looks/git.ts';
import type { Site } from '../site.ts';
import { listFiles } from '../../flow/list-files.ts';

const source = z.strictObject({
  repository: text.optional(),
  branch: text.default(mainBranch),
  path: text,
});

const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: 'write a text, a number or true or false',
});

const ways = ['content', 'copy', 'from', 'replace', 'set', 'remove'] as const;

/** A change of a file, or of all files below a folder, in one of several ways. */
export const change = z
  .strictObject({
    path: text,
    /** The whole new content. */
    content: z.string().optional(),
    /** A file or folder of the exercise. */
    copy: text.optional(),
    /** A file or folder of a repository, this one unless told. */
    from: source.optional(),
    /** What a pattern finds is replaced by `with`, every time. */
    replace: pattern.optional(),
    with: z.string().optional(),
    /** Fields of a YAML file get other values; comments stay. */
    set: z
      .array(z.strictObject({ field: fieldPath, to: scalar.optional(), look: look.optional() }))
      .min(1)
      .optional(),
    remove: z.literal(true).optional(),
  })
  .superRefine((fields, context) => {
    const given = ways.filter((way) => fields[way] !== undefined);
    if (given.length !== 1)
      context.addIssue({ code: 'custom', message: `a change of a file takes one of ${ways.join(', ')}` });
    if ((fields.replace === undefined) !== (fields.with === undefined))
      context.addIssue({ code: 'custom', message: '"replace" and "with" belong together' });
  });

export type Change = z.output<typeof change>;

/** The new content of one file; undefined where it is to go. */
interface NewContent {
  readonly path: string;
  readonly content: string | undefined;
}

/** What a person would do for a change, in one line. */
export function describeChange(fields: Change): string {
  const { path, from, copy, replace, set, remove } = fields;
  if (remove === true) return `git rm -r ${path}`;
  if (from !== undefined)
    return `copy ${from.repository === undefined ? '' : `${from.repository}: `}${from.path} to ${path}`;
  if (copy !== undefined || fields.content !== undefined) return `write ${path}`;
  if (set !== undefined) {
    const fieldsSet = set.map(({ field, to }) => `${field.written}${to === undefined ? '' : `: ${to}`}`);
    return `edit ${path}: ${fieldsSet.join(', ')}`;
  }
  const line = fields.with?.trim().split('\n') ?? [];
  return line.length === 1 && replace !== undefined ? `edit ${path}: ${line[0] ?? ''}` : `edit ${path}`;
}

/**
 * The files that a change leads to, as they should be on top of a branch.
 * @param pending what earlier changes of the same commit have made of files, by their path; undefined for those that go.
 */
export async function contentsOf(
  site: Site,
  fields: Change,
  { repository, branch }: { readonly repository: string; readonly branch: string },
  pending: ReadonlyMap<string, string | undefined>,
): Promise<NewContent[]> {
  const { path, content, copy, from, replace, set } = fields;
  const { git, config } = site.playground;
  const list = (name: string, below: string, ref: string) =>
    listFiles(git, config.organization, name, below, ref);
  if (content !== undefined) return [{ path, content }];
  if (copy !== undefined) return copied(site, copy, path);
  if (from !== undefined) {
    const name = from.repository ?? repository;
    const files = [...(await list(name, from.path, from.branch)).keys()];
    if (files.length === 0) throw gone(name, from.path);
    return Promise.all(
      files.map(async (file) => ({
        path: path + file.slice(from.path.length),
        content: await readText(site, name, file, from.branch),
      })),
    );
  }
  if (fields.remove === true) {
    const made = [...pending.keys()].filter((file) => file === path || file.startsWith(`${path}/`));
    const files = new Set([...made, ...(await list(repository, path, branch)).keys()]);
    return [...files].map((file) => ({ path: file, content: undefined }));
  }
  const before = pending.has(path) ? pending.get(path) : await readText(site, repository, path, branch);
  if (before === undefined) throw gone(repository, path);
  if (set !== undefined) return [{ path, content: await withFields(site, before, set) }];
  const every = new RegExp(replace?.source ?? '', 'gm');
  return [{ path, content: before.replaceAll(every, fields.with ?? '') }];
}

function copied({ files }: Site, copy: string, path: string): NewContent[] {
  const single = files.get(copy);
  if (single !== undefined) return [{ path, content: single }];
  const prefix = `${copy.replace(/\/$/, '')}/`;
  const target = path === '.' ? '' : `${path.replace(/\/$/, '')}/`;
  return [...files]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, content]) => ({ path: target + name.slice(prefix.length), content }));
}

/** Sets fields of a YAML document; comments and formatting stay. */
async function withFields(site: Site, before: string, set: NonNullable<Change['set']>): Promise<string> {
  const document = parseDocument(before);
  for (const { field, to, look } of set) {
    const found = to ?? (await look?.ask(site));
    const wanted = typeof found === 'object' ? [...found] : found;
    const node: unknown = document.getIn(field.path, true);
    // The comment behind a value belongs to its scalar, which therefore stays.
    if (isScalar(node) && typeof wanted !== 'object') node.value = wanted;
    else document.setIn(field.path, wanted);
  }
  const indentSeq = !/^( *)[\w-]+:[^\n]*\n\1- /m.test(before);
  return document.toString({ lineWidth: 0, indentSeq });
}

function gone(repository: string, path: string): PlaygroundError {
  return new PlaygroundError({
    code: 'step-impossible',
    message: `${repository} has no ${path}, which this step works on`,
    hint: 'bring the starting state back: gitops-playground exercise start, or goto for a clean playground',
  });
}
