/**
 * Merges two orders: the wanted items come in their wanted order, and those that only the present list has keep their
 * place relative to the neighbours that both have.
 */
export function mergeOrder<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  wanted: readonly string[],
  present: readonly string[],
): T[] {
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  const isWanted = new Set(wanted);
  const placeOf = new Map(present.map((key, i) => [key, i]));
  const result: T[] = [];
  const others = present.filter((key) => byKey.has(key) && !isWanted.has(key));
  const take = (key: string) => {
    const item = byKey.get(key);
    if (item !== undefined) result.push(item);
    byKey.delete(key);
  };
  for (const key of wanted) {
    const place = placeOf.get(key);
    while (place !== undefined && others.length > 0 && (placeOf.get(others[0] ?? '') ?? 0) < place) {
      take(others.shift() ?? '');
    }
    take(key);
  }
  for (const key of others) take(key);
  result.push(...byKey.values());
  return result;
}
