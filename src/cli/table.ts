import { stripVTControlCharacters } from 'node:util';
import type { Look } from './look.ts';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'left' | 'right';
}

/** Rows under a line of titles, columns two spaces apart, no spaces at the end of a line. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], look: Look): string {
  const titles = columns.map(({ title }) => look.dim(title));
  const lines = [titles, ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => widthOf(cells[index] ?? ''))));
  return lines
    .map((cells) =>
      cells
        .map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.align))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and what belongs to them, aligned: `archive  s3://backups`. */
export function renderPairs(pairs: readonly (readonly [string, string])[], look: Look): string {
  const width = Math.max(0, ...pairs.map(([name]) => widthOf(name)));
  return pairs.map(([name, value]) => `${look.dim(pad(name, width))}  ${value}`.trimEnd()).join('\n');
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? space + text : text + space;
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
