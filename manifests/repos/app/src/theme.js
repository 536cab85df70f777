/** The colour of the shop. Change this line, push, and watch it arrive: first in staging, then in production. */
export const colour = 'teal';

/** The colours that have a name here. Any other one can be written as `#rrggbb`. */
export const palette = {
  teal: '#0f8b83',
  blue: '#2563eb',
  indigo: '#4f46e5',
  violet: '#7c3aed',
  pink: '#db2777',
  red: '#dc2626',
  coral: '#f0603f',
  orange: '#ea7a0c',
  gold: '#d9a406',
  lime: '#6aa512',
  green: '#16a34a',
  slate: '#56657a',
};

/** The `#rrggbb` of a colour; an unknown one is an error, so that a typing mistake ends in a test and not on the page. */
export function hexOf(name) {
  if (/^#[0-9a-f]{6}$/i.test(name)) return name;
  if (Object.hasOwn(palette, name)) return palette[name];
  throw new Error(`unknown colour "${name}": use ${Object.keys(palette).join(', ')}, or #rrggbb`);
}
