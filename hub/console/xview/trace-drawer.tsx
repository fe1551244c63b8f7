import type { ApiClient } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';
import type { TraceAnswer } from '../api/types.ts';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Drawer } from '../parts/drawer.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { EmptyState, FailedState, LoadingState } from '../parts/states.tsx';
import { type WaterfallRow, waterfall } from './waterfall.ts';

/** Reads `sel=`; see `transactionId`. */
export function traceOf(selected: string | null): { traceId: string; endUnixMs: number } | null {
  const match = /^([0-9a-f]*)\.[0-9a-f]*\.(\d{1,14}(?:\.\d+)?)$/.exec(selected ?? '');
  return match === null ? null : { traceId: match[1] ?? '', endUnixMs: Math.floor(Number(match[2])) };
}

const trace = (api: ApiClient, traceId: string, around: number): Resource<TraceAnswer> => ({
  key: `trace ${traceId}`,
  fetch: (signal) => api.trace({ traceId, around }, signal),
  // What the other tiers logged of a trace that has just ended may still be on its way.
  everyMs: Date.now() - around < 15_000 ? 3000 : null,
});

/** Where one transaction's time went, tier by tier. */
export function TraceDrawer(props: {
  readonly traceId: string;
  readonly endUnixMs: number;
  readonly onClose: () => void;
}) {
  const { t, format } = useI18n();
  const { traceId, endUnixMs, onClose } = props;
  return (
    <Drawer
      title={
        <>
          {t('xview.trace')} <span className="num light">{format.clock(endUnixMs, true)}</span>
        </>
      }
      onClose={onClose}
    >
      {traceId.length === 32 ? (
        <Trace key={traceId} traceId={traceId} endUnixMs={endUnixMs} />
      ) : (
        <EmptyState title={t('xview.noTrace')}>{t('xview.noTraceHint')}</EmptyState>
      )}
    </Drawer>
  );
}

function Trace({ traceId, endUnixMs }: { readonly traceId: string; readonly endUnixMs: number }) {
  const { api } = useHub();
  const { t, format } = useI18n();
  const { value, error, reload } = useLoaded(trace(api, traceId, endUnixMs));
  if (value === undefined) {
    return error === null ? <LoadingState /> : <FailedState error={error} onRetry={reload} />;
  }
  if (value.spans.length === 0) return <EmptyState title={t('xview.noSpans')} />;
  const rows = waterfall(value.spans);
  const lengthMs = lengthOf(value);
  return (
    <>
      <table className="waterfall">
        <thead>
          <tr>
            <th scope="col">{t('xview.span')}</th>
            <th scope="col" className="right">
              {t('xview.self')}
            </th>
            <th scope="col">{t('xview.between', { low: '0', high: format.latency(lengthMs / 1000) })}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <TraceRow key={row.key} row={row} />
          ))}
        </tbody>
      </table>
      <p className="section quiet small">
        <span className="mono">{traceId}</span>
        <br />
        {t('xview.privacy')}
      </p>
    </>
  );
}

const lengthOf = ({ spans }: TraceAnswer): number =>
  Math.max(...spans.map((span) => span.endUnixMs)) - Math.min(...spans.map((span) => span.startUnixMs));

function TraceRow({ row }: { readonly row: WaterfallRow }) {
  const { t, format, language } = useI18n();
  const percent = (share: number): string => `${Math.max(0, Math.min(100, share * 100))}%`;
  return (
    <tr className={row.isLongest ? 'longest' : undefined}>
      <td style={{ paddingLeft: 12 + row.depth * 12 }}>
        <span className="strong">{entityTitle(row.name, language)}</span>{' '}
        {row.isFailed && <span className="c-critical">× {t('xview.error')} </span>}
        <span className={row.isFromCaller ? 'quiet small' : 'mono quiet-2'}>
          {row.isFromCaller ? t('xview.waiting') : row.route}
        </span>
      </td>
      <td className="num right">{format.latency(row.selfMs / 1000)}</td>
      <td>
        <span className="span-track" role="img" aria-label={format.latency(row.elapsedMs / 1000)}>
          <i style={{ left: percent(row.start), width: percent(row.share) }} />
        </span>
      </td>
    </tr>
  );
}
