import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { plural } from '../format.ts';

interface Column<T> {
  readonly title: string;
  readonly cell: (item: T) => ComponentChildren;
  /** Numbers and short states stand narrow. */
  readonly narrow?: boolean;
}

interface TableProps<T> {
  readonly label: string;
  readonly noun: string;
  readonly items: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (item: T) => string;
  /** What a filter looks at; there is one as soon as the list is long. */
  readonly textOf: (item: T) => string;
  readonly empty: string;
  /** Rows of one page. */
  readonly page?: number;
}

const PAGE = 50;
const FILTER_FROM = 12;

/** A list of any length: one page of it at a time, with a filter over all of it. */
export function Table<T>({
  label,
  noun,
  items,
  columns,
  keyOf,
  textOf,
  empty,
  page: rows = PAGE,
}: TableProps<T>) {
  const [filter, setFilter] = useState('');
  const [page, setPage] = useState(0);
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const matching =
    words.length === 0
      ? items
      : items.filter((item) => {
          const text = textOf(item).toLowerCase();
          return words.every((word) => text.includes(word));
        });
  const pages = Math.max(1, Math.ceil(matching.length / rows));
  const current = Math.min(page, pages - 1);
  if (items.length === 0) return <p class="empty">{empty}</p>;
  return (
    <div class="table">
      {items.length < FILTER_FROM ? null : (
        <label class="filter">
          <span class="visually-hidden">Filter {label}</span>
          <input
            type="search"
            placeholder={`Filter ${plural(items.length, noun)}`}
            value={filter}
            onInput={({ currentTarget }) => {
              setFilter(currentTarget.value);
              setPage(0);
            }}
          />
        </label>
      )}
      <div class="scroll" tabIndex={0} role="region" aria-label={label}>
        <table>
          <thead>
            <tr>
              {columns.map(({ title }) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {matching.slice(current * rows, (current + 1) * rows).map((item) => (
              <tr key={keyOf(item)}>
                {columns.map(({ title, cell, narrow }) => (
                  <td key={title} data-title={title} {...(narrow === true ? { class: 'narrow' } : {})}>
                    {cell(item)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pages === 1 ? null : (
        <nav class="pages" aria-label={`Pages of ${label}`}>
          <button
            type="button"
            disabled={current === 0}
            onClick={() => {
              setPage(current - 1);
            }}
          >
            Previous
          </button>
          <span aria-live="polite">
            {current * rows + 1} to {Math.min(matching.length, (current + 1) * rows)} of {matching.length}
          </span>
          <button
            type="button"
            disabled={current === pages - 1}
            onClick={() => {
              setPage(current + 1);
            }}
          >
            Next
          </button>
        </nav>
      )}
    </div>
  );
}
