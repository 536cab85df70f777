import Table from 'cli-table3';
import type { Output } from './output.ts';

const bare = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
};
const noLines = {
  ...bare,
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** A table without lines, under dim titles. */
export function listing(output: Output, head: string[]): Table.Table {
  return new Table({
    head: head.map((title) => output.colors.dim(title)),
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
}

export function textOf(table: Table.Table): string {
  return table.toString().replaceAll(/[ \t]+$/gm, '');
}
