import { raise } from '../exceptions.ts';
import type { Gen } from '../fiber.ts';
import { binary } from '../operators.ts';
import { expandReplacement, groupsOf, Matcher, Pattern, replaceMatches } from '../regex.ts';
import type { Value } from '../values.ts';
import { patternOf } from '../operators.ts';
import {
  closureAt,
  count,
  intAt,
  misfit,
  textAt,
  type Call,
  type CallingMethod,
  type PlainMethod,
} from './arguments.ts';
import { linesOf, splitBy } from './strings.ts';

function* replaceWith(self: string, args: Value[], call: Call, onlyFirst: boolean): Gen<string> {
  const closure = closureAt(args, 1);
  const made: string[] = [];
  const matches = Array.from(self.matchAll(patternOf(args[0] ?? null).expression()));
  for (const match of onlyFirst ? matches.slice(0, 1) : matches) {
    const groups = groupsOf(match);
    const spread = Array.isArray(groups) && closure.arity > 1 ? groups : [groups];
    made.push(
      yield* call.machine.text(yield* call.machine.callClosure(closure, spread, call.frame), call.frame),
    );
  }
  let index = 0;
  return replaceMatches(self, patternOf(args[0] ?? null), () => made[index++] ?? '', onlyFirst);
}

function* eachMatch(self: string, args: Value[], call: Call): Gen<Value[]> {
  const closure = args.length > 1 ? closureAt(args, 1) : undefined;
  const results: Value[] = [];
  for (const match of self.matchAll(patternOf(args[0] ?? null).expression())) {
    const groups = groupsOf(match);
    const spread = Array.isArray(groups) && closure !== undefined && closure.arity > 1 ? groups : [groups];
    results.push(
      closure === undefined ? match[0] : yield* call.machine.callClosure(closure, spread, call.frame),
    );
  }
  return results;
}

/** Methods of strings that call closures. */
const STRING_CALLING: Readonly<Record<string, CallingMethod<string>>> = {
  *eachLine(self, args, call) {
    const closure = closureAt(args, args.length - 1);
    let result: Value = null;
    for (const [index, line] of linesOf(self).entries()) {
      const counted = closure.arity === 2 ? [line, index + (args.length > 1 ? intAt(args, 0) : 0)] : [line];
      result = yield* call.machine.callClosure(closure, counted, call.frame);
    }
    return result;
  },
  *splitEachLine(self, args, call) {
    for (const line of linesOf(self))
      yield* call.machine.callClosure(
        closureAt(args, 1),
        [splitBy(line, patternOf(args[0] ?? null))],
        call.frame,
      );
    return null;
  },
  *replaceAll(self, args, call) {
    return yield* replaceWith(self, args, call, false);
  },
  *replaceFirst(self, args, call) {
    return yield* replaceWith(self, args, call, true);
  },
  *find(self, args, call) {
    if (args.length === 0) misfit();
    if (!(args[0] instanceof Pattern) && typeof args[0] !== 'string') misfit();
    const match = patternOf(args[0]).expression().exec(self);
    if (match === null) return null;
    if (args.length === 1) return match[0];
    const groups = groupsOf(match);
    return yield* call.machine.callClosure(
      closureAt(args, 1),
      Array.isArray(groups) && closureAt(args, 1).arity > 1 ? groups : [groups],
      call.frame,
    );
  },
  *findAll(self, args, call) {
    if (!(args[0] instanceof Pattern) && typeof args[0] !== 'string') misfit();
    return yield* eachMatch(self, args, call);
  },
  *eachMatch(self, args, call) {
    yield* eachMatch(self, args, call);
    return self;
  },
  *plus(self, args, call) {
    count(args, 1);
    return yield* binary(call.machine, '+', self, args[0] ?? null, call.frame);
  },
};

export const STRING_CALLING_METHODS: ReadonlyMap<string, CallingMethod<string>> = new Map(
  Object.entries(STRING_CALLING),
);

function current(matcher: Matcher): RegExpExecArray {
  return matcher.current ?? raise('IllegalStateException', 'No match found');
}

function group(matcher: Matcher, args: Value[]): Value {
  const match = current(matcher);
  const wanted = args[0] ?? 0;
  if (typeof wanted === 'string') {
    const groups = match.groups ?? {};
    return Object.hasOwn(groups, wanted)
      ? (groups[wanted] ?? null)
      : raise('IllegalArgumentException', `No group with name <${wanted}>`);
  }
  const index = intAt([wanted], 0);
  if (index < 0 || index >= match.length) raise('IndexOutOfBoundsException', `No group ${index}`);
  return match[index] ?? null;
}

function whole(matcher: Matcher, expression: RegExp): boolean {
  matcher.current = expression.exec(matcher.text) ?? undefined;
  return matcher.current !== undefined;
}

const MATCHER: Readonly<Record<string, PlainMethod<Matcher>>> = {
  matches: (self) => whole(self, self.pattern.expression(true)),
  lookingAt: (self) =>
    whole(self, new RegExp(`(?<![\\s\\S])(?:${self.pattern.expression().source})`, `${self.pattern.flags}d`)),
  find(self, args) {
    if (args.length > 0) self.cursor = self.matches.findIndex((match) => match.index >= intAt(args, 0)) - 1;
    self.current = self.matches[++self.cursor];
    return self.current !== undefined;
  },
  group,
  groupCount: (self) =>
    (self.matches[0]?.length ??
      new RegExp(`${self.pattern.expression().source}|`, self.pattern.flags).exec('')?.length ??
      1) - 1,
  start: (self, args) => current(self).indices?.[args.length > 0 ? intAt(args, 0) : 0]?.[0] ?? -1,
  end: (self, args) => current(self).indices?.[args.length > 0 ? intAt(args, 0) : 0]?.[1] ?? -1,
  getCount: (self) => self.matches.length,
  size: (self) => self.matches.length,
  hasGroup: (self) => (self.matches[0]?.length ?? 1) > 1,
  reset(self) {
    self.cursor = -1;
    self.current = undefined;
    return self;
  },
  replaceAll: (self, args) =>
    replaceMatches(self.text, self.pattern, (match) => expandReplacement(textAt(args, 0), match)),
  replaceFirst: (self, args) =>
    replaceMatches(self.text, self.pattern, (match) => expandReplacement(textAt(args, 0), match), true),
  pattern: (self) => self.pattern,
};

const PATTERN: Readonly<Record<string, PlainMethod<Pattern>>> = {
  matcher: (self, args) => new Matcher(self, textAt(args, 0)),
  pattern: (self) => self.source,
  split: (self, args) => splitBy(textAt(args, 0), self),
};

export const MATCHER_METHODS: ReadonlyMap<string, PlainMethod<Matcher>> = new Map(Object.entries(MATCHER));
export const PATTERN_METHODS: ReadonlyMap<string, PlainMethod<Pattern>> = new Map(Object.entries(PATTERN));
