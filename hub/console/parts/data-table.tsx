import { type ReactNode, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { useShortcut } from '../shell/use-shortcuts.tsx';
import { heldOrder } from './held-order.ts';
import { virtualWindow } from './virtual-window.ts';

export interface Column<Row> {
  readonly key: string;
  readonly header: string;
  readonly isNumeric?: boolean;
  /** CSS width; the columns without one share what is left. */
  readonly width?: string;
  /** Makes the column sortable; `null` values stay last in both directions. */
  readonly sortBy?: (row: Row) => number | string | null;
  readonly render: (row: Row) => ReactNode;
}

export interface DataTableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowId: (row: Row) => string;
  readonly selectedId: string | null;
  readonly onSelect: (id: string) => void;
  readonly onOpen: (id: string) => void;
  /** Pixels; every row has the same, or the window could not be computed. */
  readonly rowHeight?: number;
}

interface Sort {
  readonly key: string;
  readonly isDescending: boolean;
}

/** A grid of any length with a few dozen rows in the page: sortable, j/k, Enter, and steady under the pointer. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rowId, selectedId, onSelect, onOpen, rowHeight = 28 } = props;
  const { t } = useI18n();
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [sort, setSort] = useState<Sort | null>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [heldIds, setHeldIds] = useState<readonly string[] | null>(null);

  const sorted = useMemo(() => sortRows(props.rows, columns, sort), [props.rows, columns, sort]);
  const { rows, waiting } = heldOrder(sorted, rowId, heldIds);
  const hold = () => setHeldIds((held) => held ?? rows.map(rowId));
  const release = () => setHeldIds(null);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  const selectedAt = rows.findIndex((row) => rowId(row) === selectedId);
  const moveTo = (index: number): void => {
    const at = Math.max(0, Math.min(rows.length - 1, index));
    const row = rows[at];
    if (row === undefined) return;
    onSelect(rowId(row));
    const element = scroller.current;
    if (element === null) return;
    const top = at * rowHeight;
    const bottom = top + 2 * rowHeight; // The header covers one row's height.
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  };
  useShortcut('next', () => moveTo(selectedAt + 1));
  useShortcut('previous', () => moveTo(selectedAt - 1));
  useShortcut('open', selectedAt === -1 ? null : () => selectedId !== null && onOpen(selectedId));

  const { first, end } = virtualWindow(view.top, view.height, rowHeight, rows.length);
  return (
    <div
      ref={scroller}
      className="table-scroller"
      onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
      onPointerEnter={hold}
      onPointerLeave={release}
    >
      {waiting > 0 && (
        <button type="button" className="button small waiting" onClick={release}>
          {t('table.waiting', { count: waiting })}
        </button>
      )}
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows are selected by keyboard
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-activedescendant={selectedAt >= first && selectedAt < end ? `${id}-${selectedAt}` : undefined}
        tabIndex={0}
        onFocus={hold}
        onBlur={release}
        onKeyDown={(event) => {
          const step = { ArrowDown: selectedAt + 1, ArrowUp: selectedAt - 1, Home: 0, End: rows.length - 1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          moveTo(step);
        }}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} style={column.width === undefined ? {} : { width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sort={sort} onSort={setSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={first * rowHeight} span={columns.length} />
          {rows.slice(first, end).map((row, offset) => {
            const rowKey = rowId(row);
            return (
              <tr
                key={rowKey}
                id={`${id}-${first + offset}`}
                aria-rowindex={first + offset + 2}
                aria-selected={rowKey === selectedId}
                style={{ height: rowHeight }}
                onClick={() => onSelect(rowKey)}
                onDoubleClick={() => onOpen(rowKey)}
              >
                {columns.map((column) => (
                  <td key={column.key} className={column.isNumeric ? 'num right' : undefined}>
                    {column.render(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          <Spacer height={(rows.length - end) * rowHeight} span={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function HeaderCell<Row>(props: {
  readonly column: Column<Row>;
  readonly sort: Sort | null;
  readonly onSort: (sort: Sort | null) => void;
}) {
  const { column, sort, onSort } = props;
  const className = column.isNumeric ? 'right' : undefined;
  if (column.sortBy === undefined) {
    return (
      <th scope="col" className={className}>
        {column.header}
      </th>
    );
  }
  const isSorted = sort?.key === column.key;
  // First click the natural order, then the reverse, then back to the page's own order.
  const next = !isSorted
    ? { key: column.key, isDescending: true }
    : sort.isDescending
      ? { ...sort, isDescending: false }
      : null;
  return (
    <th
      scope="col"
      className={className}
      aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" className="sort" onClick={() => onSort(next)}>
        {column.header}
        <span aria-hidden="true">{isSorted ? (sort.isDescending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function Spacer({ height, span }: { readonly height: number; readonly span: number }) {
  if (height <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: the row stands for those not drawn and takes no focus
    <tr aria-hidden="true" className="spacer" style={{ height }}>
      <td colSpan={span} />
    </tr>
  );
}

function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort | null): readonly Row[] {
  const sortBy = columns.find((column) => column.key === sort?.key)?.sortBy;
  if (sort === null || sortBy === undefined) return rows;
  const sign = sort.isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [sortBy(a), sortBy(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === 'string' || typeof right === 'string') return sign * String(left).localeCompare(String(right));
    return sign * (left - right);
  });
}
