import { GROOVY } from './natives/groovy.ts';
import { JAVA_LANG } from './natives/lang.ts';
import { JAVA_UTIL } from './natives/util.ts';
import type { NativeClass } from './values.ts';

/** Everything of the Java and Groovy libraries that scripts may name, except exceptions, by full name. */
export const NATIVE_CLASSES: ReadonlyMap<string, NativeClass> = new Map(
  [...JAVA_LANG, ...JAVA_UTIL, ...GROOVY].map((klass) => [klass.name, klass]),
);
