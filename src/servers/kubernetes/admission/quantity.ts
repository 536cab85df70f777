const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/;

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Whether a value is an amount of a resource: `500m`, `128Mi`, `1e3`, 2 (API reference, "Quantity"). */
export function isQuantity(value: unknown): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && QUANTITY.test(value));
}

/** The amount as a number of the resource's unit; NaN when it is no quantity. */
export function quantityValue(quantity: string | number): number {
  const match = QUANTITY.exec(String(quantity));
  if (match === null) return Number.NaN;
  const [, digits = '', suffix = ''] = match;
  if (/^[eE]/.test(suffix) && suffix.length > 1) return Number(`${digits}${suffix}`);
  return Number(digits) * (FACTORS[suffix] ?? 1);
}

/** Negative when the first amount is smaller. */
export function compareQuantities(one: string | number, other: string | number): number {
  return quantityValue(one) - quantityValue(other);
}
