/**
 * Expands `$(NAME)` in commands, arguments and variables; `$$(NAME)` stays `$(NAME)`, and a name that is not known
 * stays as it is written (API reference, "Container", `command`).
 */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(\$|\(([^)]*)\))/g, (whole, escaped: string, name: string | undefined) => {
    if (escaped === '$') return '$';
    return variables[name ?? ''] ?? whole;
  });
}
