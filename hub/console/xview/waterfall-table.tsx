import { useState } from 'react';
import type { TraceAnswer } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { entityName, entityTitle } from '../parts/entity-name.ts';
import { extentOf, type WaterfallRow, waterfall } from './waterfall.ts';

/** Lines shown at first, and more at a press: a trace may have thousands. */
const FIRST_LINES = 100;
const MORE_LINES = 400;
/** Deeper lines stand below each other: what they say must have room. */
const MAX_INDENT = 10;

/** A trace line by line, a caller before what it called. */
export function WaterfallTable({ trace }: { readonly trace: TraceAnswer }) {
  const { t, format } = useI18n();
  const [limit, setLimit] = useState(FIRST_LINES);
  const rows = waterfall(trace.spans);
  const left = rows.length - limit;
  const high = format.latency(extentOf(trace.spans).lengthMs / 1000);
  return (
    <>
      <table className="waterfall">
        <thead>
          <tr>
            <th scope="col">{t('xview.span')}</th>
            <th scope="col" className="right">
              {t('xview.took')}
            </th>
            <th scope="col" className="right">
              {t('xview.self')}
            </th>
            <th scope="col">{t('xview.between', { low: '0', high })}</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, limit).map((row) => (
            <TraceRow key={row.key} row={row} />
          ))}
        </tbody>
      </table>
      {left > 0 && (
        <p className="section">
          <button type="button" className="button small" onClick={() => setLimit(limit + MORE_LINES)}>
            {t('xview.moreLines', { count: left })}
          </button>
        </p>
      )}
      {trace.cut > 0 && <p className="section quiet small">{t('xview.cutLines', { count: trace.cut })}</p>}
    </>
  );
}

function TraceRow({ row }: { readonly row: WaterfallRow }) {
  const { t, format, language } = useI18n();
  const percent = (share: number): string => `${share * 100}%`;
  const marks = [
    ...(row.isDetached ? [t('xview.detached')] : []),
    ...(row.isGuessed ? [t('xview.guessed')] : []),
    ...(row.heldBy === null ? [] : [t('xview.held', { host: entityName(row.heldBy) })]),
  ];
  return (
    <tr className={row.isLongest ? 'longest' : undefined}>
      <td style={{ paddingLeft: 12 + Math.min(row.depth, MAX_INDENT) * 12 }}>
        <span className="strong">{entityTitle(row.name, language)}</span>{' '}
        {row.isFailed && <span className="c-critical">× {t('xview.error')} </span>}
        <span className={row.isFromCaller ? 'quiet small' : 'mono quiet-2'}>
          {row.isFromCaller ? t('xview.waiting') : row.route}
        </span>
        {row.callee !== null && <span className="quiet small"> → {entityTitle(row.callee, language)}</span>}
        {marks.length > 0 && <span className="quiet small"> ({marks.join(', ')})</span>}
      </td>
      <td className="num right">{format.latency(row.elapsedMs / 1000)}</td>
      <td className="num right self">{format.latency(row.selfMs / 1000)}</td>
      <td>
        <span className="span-track" role="img" aria-label={format.latency(row.elapsedMs / 1000)}>
          <i style={{ left: percent(row.start), width: percent(row.share) }} />
        </span>
      </td>
    </tr>
  );
}
