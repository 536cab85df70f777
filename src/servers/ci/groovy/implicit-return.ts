import type { Statement } from './ast.ts';

const prepared = new WeakMap<readonly Statement[], readonly Statement[]>();

/** A function's body with `return` added where Groovy adds it: at whatever expression is its last. */
export function withImplicitReturn(body: readonly Statement[]): readonly Statement[] {
  let result = prepared.get(body);
  if (result === undefined) prepared.set(body, (result = returning(body)));
  return result;
}

function returning(body: readonly Statement[]): readonly Statement[] {
  const last = body.at(-1);
  if (last === undefined) return body;
  return [...body.slice(0, -1), ...lastReturning(last)];
}

function lastReturning(last: Statement): readonly Statement[] {
  switch (last.kind) {
    case 'expression':
      return [{ kind: 'return', value: last.value, at: last.at }];
    case 'declare': {
      const [only, ...more] = last.names;
      if (only === undefined || more.length > 0) return [last];
      return [
        last,
        { kind: 'return', value: { kind: 'variable', name: only.name, at: last.at }, at: last.at },
      ];
    }
    case 'if':
      return [{ ...last, yes: returning(last.yes), no: returning(last.no) }];
    case 'try':
      return [
        {
          ...last,
          body: returning(last.body),
          catches: last.catches.map((clause) => ({ ...clause, body: returning(clause.body) })),
        },
      ];
    case 'switch': {
      const final = last.cases.length - 1;
      const cases = last.cases.map((each, index) => {
        const breaks = each.body.at(-1)?.kind === 'break';
        if (breaks) return { ...each, body: [...returning(each.body.slice(0, -1)), ...each.body.slice(-1)] };
        return index === final ? { ...each, body: returning(each.body) } : each;
      });
      return [{ ...last, cases }];
    }
    case 'block':
      return [{ ...last, body: returning(last.body) }];
    default:
      return [last];
  }
}
