/**
 * A pure function that remembers what it gave for what it was asked for last. What it gives is shared, so nobody may change it.
 * Errors are not remembered.
 * @param limit how many are remembered; the one that was not asked for longest goes first.
 * @param keyOf what tells one question from another.
 */
export function remembered<Question, Answer>(
  limit: number,
  keyOf: (question: Question) => string,
  make: (question: Question) => Answer,
): (question: Question) => Answer {
  const known = new Map<string, { readonly answer: Answer }>();
  return (question) => {
    const key = keyOf(question);
    const found = known.get(key) ?? { answer: make(question) };
    known.delete(key);
    known.set(key, found);
    const [oldest] = known.keys();
    if (known.size > limit && oldest !== undefined) known.delete(oldest);
    return found.answer;
  };
}
