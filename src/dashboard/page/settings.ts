import { effect, signal } from '@preact/signals';

type Theme = 'auto' | 'light' | 'dark';

function stored<Word extends string>(name: string, words: readonly Word[], fallback: Word): Word {
  return words.find((word) => word === localStorage.getItem(name)) ?? fallback;
}

/** The person's choice of colours; `auto` follows the system. */
export const theme = signal<Theme>(stored('theme', ['auto', 'light', 'dark'], 'auto'));
/** Large type and only the map, for a room. */
export const presentation = signal(false);

/** Milliseconds since the epoch, for "5 s ago"; moves once a second. */
export const now = signal(Date.now());

export function nextTheme(): void {
  theme.value = ({ auto: 'light', light: 'dark', dark: 'auto' } as const)[theme.value];
}

export function startSettings(): void {
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === 'auto') delete dataset.theme;
    else dataset.theme = theme.value;
    localStorage.setItem('theme', theme.value);
  });
  effect(() => {
    document.documentElement.classList.toggle('presentation', presentation.value);
  });
  setInterval(() => {
    if (!document.hidden) now.value = Date.now();
  }, 1000);
  addEventListener('keydown', ({ key, target, ctrlKey, metaKey, altKey }) => {
    const types = target instanceof HTMLElement && target.closest('input, textarea, select') !== null;
    if (types || ctrlKey || metaKey || altKey) return;
    if (key === 'p') presentation.value = !presentation.value;
    if (key === 'Escape') presentation.value = false;
  });
}
