import { useMemo } from 'react';
import type { ApiClient } from '../api/client.ts';
import type { Loaded, Resource } from '../api/resource.ts';
import type { TransactionItem, TransactionList } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { entityName, entityTitle } from '../parts/entity-name.ts';
import { Panel } from '../parts/panel.tsx';
import { EmptyState } from '../parts/states.tsx';
import { type Box, printBox } from './box.ts';

/** Transactions listed at most: the slowest. */
const MAX_LISTED = 500;
/** Rows of a box that ends now still come in. */
const LATE_MS = 10_000;

export function boxTransactions(
  api: ApiClient,
  box: Box,
  filter: { readonly services: readonly string[] | null; readonly isErrorsOnly: boolean },
): Resource<TransactionList> {
  const query = {
    from: box.fromMs,
    to: box.toMs,
    minElapsedMs: box.lowMs,
    ...(box.highMs === null ? {} : { maxElapsedMs: box.highMs }),
    ...(filter.services === null ? {} : { services: [...filter.services] }),
    errorsOnly: filter.isErrorsOnly,
    limit: MAX_LISTED,
  };
  return {
    key: `transaction list ${JSON.stringify(query)}`,
    fetch: (signal) => api.transactionList(query, signal),
    everyMs: Date.now() - box.toMs < LATE_MS ? 2000 : null,
  };
}

/** `sel=` of a transaction: its trace, its span, and when it ended, so that its trace is found at once. */
export const transactionId = ({ traceId, spanId, endUnixMs }: TransactionItem): string =>
  `${traceId}.${spanId}.${endUnixMs}`;

export interface BoxListProps {
  readonly box: Box;
  readonly loaded: Loaded<TransactionList>;
  readonly selectedId: string | null;
  readonly onSelect: (id: string) => void;
  readonly onOpen: (id: string) => void;
  readonly onClose: () => void;
}

/** What lies in the box, slowest first. */
export function BoxList({ box, loaded, selectedId, onSelect, onOpen, onClose }: BoxListProps) {
  const { t, format, language } = useI18n();
  const columns = useMemo<readonly Column<TransactionItem>[]>(
    () => [
      {
        key: 'end',
        header: t('xview.end'),
        width: '100px',
        sortBy: (row) => row.endUnixMs,
        render: (row) => (
          <span className="num">
            {format.clock(row.endUnixMs, true)}.{String(Math.floor(row.endUnixMs) % 1000).padStart(3, '0')}
          </span>
        ),
      },
      {
        key: 'elapsed',
        header: t('xview.elapsed'),
        isNumeric: true,
        width: '68px',
        sortBy: (row) => row.elapsedMs,
        render: (row) => <span className="strong">{format.latency(row.elapsedMs / 1000)}</span>,
      },
      {
        key: 'status',
        header: t('xview.status'),
        width: '60px',
        sortBy: (row) => row.status,
        render: (row) =>
          row.failed ? (
            <span className="c-critical num">× {row.status === 0 ? t('xview.error') : row.status}</span>
          ) : (
            <span className="quiet num">{row.status === 0 ? '–' : row.status}</span>
          ),
      },
      {
        key: 'service',
        header: t('xview.service'),
        width: '82px',
        sortBy: (row) => row.service,
        render: (row) => entityTitle(row.service, language),
      },
      {
        key: 'route',
        header: t('xview.route'),
        sortBy: (row) => row.route,
        render: (row) => <span className="mono">{row.route}</span>,
      },
      {
        key: 'waited',
        header: t('xview.waitedFor'),
        width: '134px',
        sortBy: (row) => row.peerElapsedMs,
        render: (row) =>
          row.peerElapsedMs === null ? null : (
            <span className="quiet-2 num">
              {entityName(row.callee ?? row.peer ?? '')} {format.latency(row.peerElapsedMs / 1000)}
            </span>
          ),
      },
    ],
    [t, format, language],
  );
  const total = loaded.value?.total;
  const elapsed =
    box.highMs === null
      ? t('xview.orMore', { low: format.latency(box.lowMs / 1000) })
      : t('xview.between', { low: format.latency(box.lowMs / 1000), high: format.latency(box.highMs / 1000) });
  return (
    <Panel
      title={total === undefined ? t('xview.title') : t('xview.selected', { count: format.count(total) })}
      sub={
        <span className="num" title={printBox(box)}>
          {format.clock(box.fromMs, true)}–{format.clock(box.toMs, true)} · {elapsed}
          {total !== undefined && total > MAX_LISTED && ` · ${t('xview.slowest', { count: MAX_LISTED })}`}
        </span>
      }
      end={
        <button type="button" className="button small" onClick={onClose}>
          <span className="hidden-text">{t('action.close')}</span>
          <kbd>Esc</kbd>
        </button>
      }
      className="flush fill xview-list"
      loaded={loaded}
      empty={({ items }) =>
        items.length === 0 ? <EmptyState title={t('xview.listNone')}>{t('xview.listNoneHint')}</EmptyState> : null
      }
    >
      {({ items }) => (
        <DataTable
          label={t('xview.title')}
          rows={items}
          columns={columns}
          rowId={transactionId}
          selectedId={selectedId}
          onSelect={onSelect}
          onOpen={onOpen}
        />
      )}
    </Panel>
  );
}
