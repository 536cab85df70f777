import { computed, signal } from '@preact/signals';

function read(): string {
  const hash = location.hash.replace(/^#/, '');
  return hash.startsWith('/') ? hash : '/';
}

const address = signal(read());
addEventListener('hashchange', () => {
  address.value = read();
});

/** The parts of the address after `#`, decoded, and what follows a question mark. */
export const route = computed(() => {
  const [path = '/', query = ''] = address.value.split('?');
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => decodeSafely(part));
  return { path, parts, query: new URLSearchParams(query) };
});

function decodeSafely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a view: its parts are encoded. */
export function to(...parts: readonly (string | number)[]): string {
  return `#/${parts.map((part) => encodeURIComponent(String(part))).join('/')}`;
}

export function go(href: string): void {
  location.hash = href.replace(/^#/, '');
}
