import { invalid } from '../../config/load.ts';
import { selectEngine } from '../../engines/select.ts';
import type { CommandContext } from '../command.ts';

/** `doctor`: exits with 1 when something is missing that a playground needs. */
export async function run({ output, problems }: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  const { engine, reason } = await selectEngine('auto');
  const findings = await engine.preflight();
  const fit = findings.every(({ level }) => level !== 'fail');
  if (output.json) output.result({ engine: engine.id, reason, fit, findings });
  else {
    const { green, yellow, red, dim } = output.colors;
    const marks = { ok: green('ok  '), warn: yellow('warn'), fail: red('fail') };
    for (const { level, title, detail, mend } of findings) {
      output.line(`${marks[level]}  ${title}: ${detail}`);
      if (mend !== undefined && level !== 'ok') output.line(`      ${dim(mend)}`);
    }
    output.line(
      fit
        ? `this machine can run the engine ${engine.id}: ${reason}`
        : 'mend what failed, then run doctor again',
    );
  }
  return fit ? 0 : 1;
}
