/**
 * A pure function of a text that remembers what it gave for the texts that it was asked for last. What it gives is shared, so
 * nobody may change it. Errors are not remembered.
 * @param limit how many are remembered; the one that was not asked for longest goes first.
 */
export function remembered<T>(limit: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, { readonly value: T }>();
  return (text) => {
    const found = known.get(text) ?? { value: make(text) };
    known.delete(text);
    known.set(text, found);
    const [oldest] = known.keys();
    if (known.size > limit && oldest !== undefined) known.delete(oldest);
    return found.value;
  };
}
