import { describeException } from '../../../../../src/servers/ci/groovy/exceptions.ts';
import { toThrow } from '../../../../../src/servers/ci/groovy/failures.ts';
import { drive, Fiber, type Gen } from '../../../../../src/servers/ci/groovy/fiber.ts';
import { Interpreter } from '../../../../../src/servers/ci/groovy/interpreter.ts';
import type { World } from '../../../../../src/servers/ci/groovy/machine.ts';
import { NATIVE_CLASSES } from '../../../../../src/servers/ci/groovy/natives.ts';
import { parseGroovy } from '../../../../../src/servers/ci/groovy/parser.ts';
import { GroovyObject } from '../../../../../src/servers/ci/groovy/values.ts';

/** A world without steps, libraries and globals. */
const world: World = {
  log: () => undefined,
  *variable() {
    return undefined;
  },
  *call() {
    return undefined;
  },
  noSuchMethod: (name) => `No such DSL method '${name}'`,
  libraryClass: () => undefined,
  nativeClass: (name) => NATIVE_CLASSES.get(name),
};

/** The text of a script's value; of an exception `! ` and its first line. */
export async function evaluate(
  source: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const file = { file: 'Script1', source };
  const script = parseGroovy(file);
  const interpreter = new Interpreter(world);
  const scope = interpreter.scriptScope(
    new GroovyObject(interpreter.define(file, script, 'Script1').script),
    new Fiber(undefined, signal),
  );
  function* run(): Gen<string> {
    yield* interpreter.initializeFields(script.body, scope);
    return yield* interpreter.text(yield* interpreter.runBody(script.body, scope), scope.frame);
  }
  try {
    return await drive(run());
  } catch (error) {
    const thrown = toThrow(error, scope.frame);
    if (thrown === undefined) throw error;
    return `! ${describeException(thrown.exception).split('\n')[0] ?? ''}`;
  }
}
