import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { gitPages, type GitPages } from '../../clients/git-pages.ts';
import { repositoryRoot, type GitPull } from '../../clients/git-server.ts';
import { hasStatus } from '../../clients/http.ts';
import { mainBranch } from '../../flow/names.ts';
import { fieldPath, readField } from '../fields.ts';
import { fits, pattern, pick, text, type KindTable } from '../kinds.ts';
import type { Site } from '../site.ts';
import { asValue, type Look } from './look.ts';

const branch = text.default(mainBranch);

/** A file of a repository on the Git server; undefined when it is not there. */
export async function readText(
  { playground: { git, config } }: Site,
  repository: string,
  path: string,
  ref: string,
): Promise<string | undefined> {
  try {
    return (await git.readFile(config.organization, repository, path, ref)).toString('utf8');
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

/** The newest pull request from a branch that fits the name. */
export async function newestPull(
  { playground: { git, config } }: Site,
  repository: string,
  head: string,
  base?: string,
): Promise<GitPull | undefined> {
  const pulls = await git.listPulls(config.organization, repository, 'all').catch((error: unknown) => {
    if (hasStatus(error, 404)) return [];
    throw error;
  });
  return pulls
    .filter((pull) => fits(pull.head.label, head) && (base === undefined || pull.base.ref === base))
    .sort((a, b) => b.number - a.number)[0];
}

/** The Git server's own page of something in a repository. */
export function pageOf(
  { playground: { endpoints, config } }: Site,
  repository: string,
  of: (pages: GitPages) => string,
): string {
  const root = repositoryRoot(config.gitServer, endpoints.git.url);
  return `${root}/${config.organization}/${repository}/${of(gitPages(config.gitServer))}`;
}

/** A file of a repository: all of it, one field of its YAML or JSON, or what a pattern finds in it. */
const file = z
  .strictObject({
    repository: text,
    path: text,
    branch,
    field: fieldPath.optional(),
    pattern: pattern.optional(),
  })
  .transform((look): Look => ({
    async ask(site) {
      const content = await readText(site, look.repository, look.path, look.branch);
      if (content === undefined || look.field === undefined) return pick(content, look.pattern);
      const [document] = parseAllDocuments(content);
      const found = document === undefined ? undefined : readField(document.toJS(), look.field.path);
      return asValue(found);
    },
    where: (site) => pageOf(site, look.repository, ({ file }) => file(look.branch, look.path)),
  }));

/** The newest commit of a branch, by its id. */
const branchHead = z.strictObject({ repository: text, branch }).transform((look): Look => ({
  ask: async ({ playground: { git, config } }) =>
    (await git.findBranch(config.organization, look.repository, look.branch))?.commit.id,
  where: (site) => pageOf(site, look.repository, ({ commits }) => commits(look.branch)),
}));

/** The newest commit of a branch that fits: its id, author, subject, or what a pattern finds in its message. */
const commit = z
  .strictObject({
    repository: text,
    branch,
    path: text.optional(),
    subject: pattern.optional(),
    value: z.enum(['id', 'author', 'subject', 'message']).default('id'),
    pattern: pattern.optional(),
  })
  .transform((look): Look => ({
    async ask({ playground: { git, config } }) {
      const commits = await git
        .listCommits(config.organization, look.repository, {
          sha: look.branch,
          limit: 50,
          ...(look.path === undefined ? {} : { path: look.path }),
        })
        .catch((error: unknown) => {
          if (hasStatus(error, 404, 409)) return [];
          throw error;
        });
      const subjectOf = (message: string) => message.split('\n')[0] ?? '';
      const found = commits.find(
        (candidate) => look.subject?.test(subjectOf(candidate.commit.message)) !== false,
      );
      if (found === undefined) return undefined;
      const { message, author } = found.commit;
      const values = { id: found.sha, author: author.name, subject: subjectOf(message), message };
      return pick(values[look.value], look.pattern);
    },
    where: (site) => pageOf(site, look.repository, ({ commits }) => commits(look.branch)),
  }));

/** The newest pull request from a branch that fits: how it stands, and what is in it. */
const pull = z
  .strictObject({
    repository: text,
    head: text,
    base: text.optional(),
    value: z.enum(['state', 'head', 'comments', 'files']).default('state'),
    pattern: pattern.optional(),
  })
  .transform((look): Look => ({
    async ask(site) {
      const { git, config } = site.playground;
      const found = await newestPull(site, look.repository, look.head, look.base);
      if (found === undefined) return undefined;
      switch (look.value) {
        case 'state':
          return found.merged ? 'merged' : found.state;
        case 'head':
          return pick(found.head.label, look.pattern);
        case 'comments':
          return (await git.findPull(config.organization, look.repository, found.number))?.comments;
        case 'files':
          return (await git.listPullFiles(config.organization, look.repository, found.number)).map(
            ({ filename }) => filename,
          );
      }
    },
    where: (site) => pageOf(site, look.repository, ({ pulls }) => pulls),
  }));

export const gitLooks: KindTable<Look> = { file, branch: branchHead, commit, pull };
