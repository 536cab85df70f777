/** The files that a diff in git's own form changes, by their new names, or the old one where they are gone. */
export function changedFiles(diff: string): { readonly filename: string }[] {
  const headers = diff.split(/^(?=diff --git )/m).filter((part) => part.startsWith('diff --git '));
  return headers.map((part) => {
    const lines = part.slice(0, part.search(/^@@ /m) >>> 0).split('\n');
    const named = (mark: string) => {
      const line = lines
        .find((each) => each.startsWith(mark))
        ?.slice(mark.length)
        .trimEnd();
      return line === undefined || line === '/dev/null' ? undefined : unquoted(line);
    };
    // A change of a mode or of a binary file has only the first line.
    const [, first = ''] = /^diff --git "?a\/.* "?b\/(.*?)"?$/.exec(lines[0] ?? '') ?? [];
    const filename =
      named('+++ b/') ??
      named('+++ "b/') ??
      named('rename to ') ??
      named('--- a/') ??
      named('--- "a/') ??
      first;
    return { filename };
  });
}

/** A name with the escapes that git writes in quotes taken back. */
function unquoted(name: string): string {
  if (!name.endsWith('"')) return name;
  const bytes = name
    .slice(0, -1)
    .replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return Buffer.from(bytes.replace(/\\(["\\])/g, '$1'), 'latin1').toString('utf8');
}
