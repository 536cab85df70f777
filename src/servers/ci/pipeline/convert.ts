import { GroovyThrow, newException, exceptionNamed } from '../groovy/exceptions.ts';
import { Decimal, isNumber, MAX_INT, MIN_INT, toDouble } from '../groovy/numbers.ts';
import { asList, plainText } from '../groovy/operations.ts';
import { GroovyMap, GroovyObject, GroovySet, isClosure, NativeObject, type Value } from '../groovy/values.ts';
import type { PipelineValue } from './host.ts';

/** A value of the host that scripts can only read and hand back: `scm`. */
export class HostValue extends NativeObject {
  readonly className = 'hudson.scm.SCM';
  readonly value: PipelineValue;

  constructor(value: PipelineValue) {
    super();
    this.value = value;
  }

  override getProperty(name: string): Value | undefined {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) return undefined;
    const entry = Object.entries(this.value).find(([key]) => key === name);
    return entry === undefined ? undefined : fromHost(entry[1]);
  }

  override *callMethod(name: string, args: Value[]) {
    const property = /^get(\p{Lu})(.*)$/u.exec(name);
    if (property === null || args.length > 0) return undefined;
    return this.getProperty(`${(property[1] ?? '').toLowerCase()}${property[2] ?? ''}`);
  }

  override toString(): string {
    return plainText(fromHost(this.value));
  }
}

/** What a step gave back, for the script. */
export function fromHost(value: PipelineValue): Value {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return numberFromHost(value);
  if (Array.isArray(value)) return (value as readonly PipelineValue[]).map(fromHost);
  return GroovyMap.of(Object.entries(value).map(([key, entry]) => [key, fromHost(entry)] as const));
}

function numberFromHost(value: number): Value {
  if (!Number.isInteger(value)) return Decimal.fromNumber(value);
  return value >= MIN_INT && value <= MAX_INT ? value : BigInt(value);
}

/** A value for a step of the host. Maps lose the order of nothing; what JSON cannot say becomes its text. */
export function toHost(value: Value, depth = 0): PipelineValue {
  if (depth > 100)
    throw new GroovyThrow(
      newException(exceptionNamed('java.lang.IllegalArgumentException'), 'the argument is nested too deeply'),
    );
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (isNumber(value)) return toDouble(value);
  const list = asList(value) ?? (value instanceof GroovySet ? value.values() : undefined);
  if (list !== undefined) return list.map((element) => toHost(element, depth + 1));
  if (value instanceof GroovyMap) {
    return Object.fromEntries(
      Array.from(value.entries(), ([key, entry]) => [plainText(key), toHost(entry, depth + 1)]),
    );
  }
  if (value instanceof HostValue) return value.value;
  if (isClosure(value))
    throw new GroovyThrow(
      newException(
        exceptionNamed('java.lang.IllegalArgumentException'),
        'a closure is no argument of this step',
      ),
    );
  return value instanceof GroovyObject ? plainText(value) : plainText(value);
}
