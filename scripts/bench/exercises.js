/**
 * Measures the exercises on a running playground: `exercise check` in the state in which a participant asks, and `goto` to
 * every exercise that comes with the program, as whole commands.
 */

/**
 * @param cliJson runs a command with `--json` that has to succeed, and gives its document.
 * @param cli runs a command and gives its exit code; a check of an unsolved exercise ends with 1.
 * @param timed measures some work, in milliseconds.
 */
export async function exercises({ cli, cliJson, timed }) {
  const { exercises: all } = await cliJson('exercise', 'list');
  const goto = [];
  const check = [];
  for (const { id } of all) {
    const went = await timed(() => cliJson('exercise', 'goto', id, '--yes'));
    goto.push({ id, took: went.took });
    const asked = await timed(() => cli('exercise', 'check', id, '--json'));
    if (asked.result.exitCode !== 1) throw new Error(`${id} is not unsolved after goto`);
    check.push({ id, took: asked.took });
  }
  return { goto, check };
}
