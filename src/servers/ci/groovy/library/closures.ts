import type { Closure, Value } from '../values.ts';
import { closureAt, count, type CallingMethod } from './arguments.ts';

function derived(arity: number, code: Exclude<Closure['code'], { kind: 'closure' }>): Closure {
  return {
    type: 'closure',
    parameters: undefined,
    code,
    scope: undefined,
    arity,
    delegate: undefined,
    strategy: 0,
  };
}

const METHODS: Readonly<Record<string, CallingMethod<Closure>>> = {
  *call(self, args, { machine, frame }) {
    return yield* machine.callClosure(self, args, frame);
  },
  *doCall(self, args, { machine, frame }) {
    return yield* machine.callClosure(self, args, frame);
  },
  *curry(self, args, { machine }) {
    return derived(Math.max(0, self.arity - args.length), (more, frame) =>
      machine.callClosure(self, [...args, ...more], frame),
    );
  },
  *rcurry(self, args, { machine }) {
    return derived(Math.max(0, self.arity - args.length), (more, frame) =>
      machine.callClosure(self, [...more, ...args], frame),
    );
  },
  *rightShift(self, args, { machine }) {
    const next = closureAt(args, 0);
    return derived(self.arity, function* (given, frame) {
      return yield* machine.callClosure(next, [yield* machine.callClosure(self, given, frame)], frame);
    });
  },
  *leftShift(self, args, { machine }) {
    const first = closureAt(args, 0);
    return derived(first.arity, function* (given, frame) {
      return yield* machine.callClosure(self, [yield* machine.callClosure(first, given, frame)], frame);
    });
  },
  *memoize(self, _args, { machine }) {
    const known = new Map<string, Value>();
    return derived(self.arity, function* (given, frame) {
      const key = yield* machine.text(given, frame);
      const value = known.get(key) ?? (yield* machine.callClosure(self, given, frame));
      known.set(key, value);
      return value;
    });
  },
  *setDelegate(self, args) {
    count(args, 1);
    self.delegate = args[0] ?? null;
    return null;
  },
  *setResolveStrategy(self, args) {
    count(args, 1);
    self.strategy = Number(args[0]);
    return null;
  },
  *getMaximumNumberOfParameters(self) {
    return self.arity;
  },
  *rehydrate(self, args) {
    return { ...self, delegate: args[0] ?? null };
  },
  *clone(self) {
    return { ...self };
  },
};

const TABLE: ReadonlyMap<string, CallingMethod<Closure>> = new Map(Object.entries(METHODS));

export function closureMethod(name: string): CallingMethod<Closure> | undefined {
  return TABLE.get(name);
}
