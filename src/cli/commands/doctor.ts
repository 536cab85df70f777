import { invalid, loadConfig } from '../../config/load.ts';
import { engineById, selectEngine } from '../../engines/select.ts';
import type { Finding } from '../../engines/engine.ts';
import type { CommandContext } from '../command.ts';
import type { Output } from '../output.ts';
import { clusterSettings } from '../settings.ts';

/** `doctor`: exits with 1 when something is missing that the engine needs which `up` would take. */
export async function run({ name, options, output, problems }: CommandContext): Promise<number> {
  const config = await loadConfig(undefined, { name, ...clusterSettings(options) }, { problems }).catch(
    (error: unknown) => {
      throw problems.length > 0 ? invalid(problems) : error;
    },
  );
  const { engine, reason } = await selectEngine(config);
  const findings = await engine.preflight(config);
  const fit = findings.every(({ level }) => level !== 'fail');
  // Who could have the real products wants to know what is in their way.
  const others = config.engine === 'auto' && engine.id === 'embedded' ? [await engineById('k3d')] : [];
  const more = await Promise.all(
    others.map(async (other) => ({ engine: other.id, findings: await other.preflight(config) })),
  );
  if (output.json) {
    output.result({
      engine: engine.id,
      reason,
      fit,
      findings,
      ...(more.length === 0 ? {} : { others: more }),
    });
  } else {
    show(output, findings);
    output.line(
      fit
        ? `this machine can run the engine ${engine.id}: ${reason}`
        : 'mend what failed, then run doctor again',
    );
    for (const { engine: id, findings: theirs } of more) {
      output.line();
      output.line(`for the engine ${id}:`);
      show(output, theirs);
    }
  }
  return fit ? 0 : 1;
}

function show(output: Output, findings: readonly Finding[]): void {
  const { green, yellow, red, dim } = output.colors;
  const marks = { ok: green('ok  '), warn: yellow('warn'), fail: red('fail') };
  for (const { level, title, detail, mend } of findings) {
    output.line(`${marks[level]}  ${title}: ${detail}`);
    if (mend !== undefined && level !== 'ok') output.line(`      ${dim(mend)}`);
  }
}
