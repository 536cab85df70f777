interface FileDiff {
  readonly path: string;
  readonly lines: readonly string[];
  readonly added: number;
  readonly removed: number;
}

/** The files of a unified diff, as `git diff` prints it. */
export function parseDiff(text: string): FileDiff[] {
  return text
    .split(/^(?=diff --git )/m)
    .filter((part) => part.startsWith('diff --git '))
    .map((part) => {
      const all = part.trimEnd().split('\n');
      const path =
        /^\+\+\+ b\/(.*)$/m.exec(part)?.[1] ??
        /^--- a\/(.*)$/m.exec(part)?.[1] ??
        / b\/(.*)$/.exec(all[0] ?? '')?.[1] ??
        '';
      const start = all.findIndex((line) => line.startsWith('@@') || line.startsWith('Binary files'));
      const lines = start < 0 ? [] : all.slice(start);
      const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
      return { path, lines, added: count('+'), removed: count('-') };
    });
}
