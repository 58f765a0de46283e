import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useMemo, useReducer, useRef } from 'preact/hooks';

export interface Column<Row> {
  readonly title: string;
  readonly isNumber?: boolean;
  /** The title is only for screen readers. */
  readonly isTitleHidden?: boolean;
  /** By which the rows are sorted now; `none`: they can be. */
  readonly sorted?: 'ascending' | 'descending' | 'none';
  readonly onSort?: () => void;
  readonly cell: (row: Row) => ComponentChildren;
}

export interface VirtualTableProps<Row> {
  /** Read by screen readers before the table. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** In pixels; each row has this height, so a cell has one line. */
  readonly rowHeight?: number;
  readonly isMarked?: (row: Row) => boolean;
}

/** More are forgotten, and drawn again when they come into view. */
const mostDrawn = 300;

/** A table of any length: only the rows that are in view, and some around them, are in the page. */
export function VirtualTable<Row>({ label, columns, rows, keyOf, rowHeight = 41, isMarked }: VirtualTableProps<Row>) {
  const frame = useRef<HTMLDivElement>(null);
  const [, drawAgain] = useReducer<number, void>((before) => before + 1, 0);
  const virtualizer = useRef<Virtualizer<HTMLDivElement, HTMLTableRowElement> | undefined>(undefined);
  const options = {
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => drawAgain(undefined),
    initialRect: { width: 0, height: 600 },
  };
  virtualizer.current ??= new Virtualizer(options);
  const inView = virtualizer.current;
  inView.setOptions(options);
  useEffect(() => inView._didMount(), [inView]);
  useEffect(() => inView._willUpdate());
  // While it is scrolled, rows that stay in view are not drawn again.
  const drawn = useMemo(() => new Map<number, VNode>(), [rows, columns, isMarked, rowHeight]);
  const rowAt = (index: number): VNode | null => {
    const row = rows[index];
    if (row === undefined) return null;
    const before = drawn.get(index);
    if (before !== undefined) return before;
    if (drawn.size > mostDrawn) drawn.clear();
    const made = <Row key={keyOf(row)} row={row} index={index} columns={columns} height={rowHeight} isMarked={isMarked?.(row) === true} />;
    drawn.set(index, made);
    return made;
  };
  const items = inView.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = Math.max(0, inView.getTotalSize() - (items.at(-1)?.end ?? 0));
  return (
    // A frame that scrolls must be reached by the keyboard, hence the tabIndex.
    <div class="virtual-frame" ref={frame} tabIndex={0} role="region" aria-label={label}>
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.title} {...column} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={before} columns={columns.length} />
          {items.map(({ index }) => rowAt(index))}
          <Gap height={after} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

interface RowProps<Value> {
  readonly row: Value;
  /** From 0. */
  readonly index: number;
  readonly columns: readonly Column<Value>[];
  readonly height: number;
  readonly isMarked: boolean;
}

function Row<Value>({ row, index, columns, height, isMarked }: RowProps<Value>) {
  return (
    <tr style={{ height: `${height}px` }} aria-rowindex={index + 2} aria-selected={isMarked ? true : undefined}>
      {columns.map(({ title, isNumber, cell }) => (
        <td key={title} class={isNumber === true ? 'number' : undefined}>
          {cell(row)}
        </td>
      ))}
    </tr>
  );
}

function Heading<Row>({ title, isNumber, isTitleHidden, sorted, onSort }: Column<Row>) {
  return (
    <th scope="col" class={isNumber === true ? 'number' : undefined} aria-sort={sorted}>
      {onSort === undefined ? (
        <span class={isTitleHidden === true ? 'hidden-text' : undefined}>{title}</span>
      ) : (
        <button type="button" class="link virtual-sort" onClick={onSort}>
          {title}
          <span aria-hidden="true">{sorted === 'ascending' ? '▲' : sorted === 'descending' ? '▼' : ''}</span>
        </button>
      )}
    </th>
  );
}

/** Holds the place of the rows that are not in the page. */
function Gap({ height, columns }: { readonly height: number; readonly columns: number }) {
  if (height === 0) return null;
  return (
    <tr class="virtual-gap" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  );
}
