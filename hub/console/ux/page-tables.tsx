import type { ReactNode } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { EmptyState } from '../parts/states.tsx';
import type { CallFigures, PageFigures } from './visitor-figures.ts';

const SHOWN = 30;

/** Pages, those that hurt most visitors first. */
export function PageTable({ pages }: { readonly pages: readonly PageFigures[] }) {
  const { t, format } = useI18n();
  const seconds = (value: number | null): string => format.metric(value, 's');
  return (
    <FigureTable
      label={t('ux.pages')}
      head={[t('ux.page'), t('ux.views'), t('ux.poorValues'), 'LCP', 'INP', t('ux.errors')]}
      rows={pages.map(({ route, views, poor, lcpSeconds, inpSeconds, errors }) => ({
        route,
        figures: [
          format.count(views),
          format.count(poor),
          seconds(lcpSeconds),
          seconds(inpSeconds),
          format.count(errors),
        ],
      }))}
    />
  );
}

/** Calls of pages to their own site, those that failed most first. */
export function CallTable({ calls }: { readonly calls: readonly CallFigures[] }) {
  const { t, format } = useI18n();
  return (
    <FigureTable
      label={t('ux.calls')}
      head={[t('ux.call'), t('ux.callCount'), t('ux.failed'), t('ux.took')]}
      rows={calls.map(({ route, calls: count, failed, seconds }) => ({
        route,
        figures: [format.count(count), format.count(failed), format.metric(seconds, 's')],
      }))}
    />
  );
}

function FigureTable(props: {
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly { readonly route: string; readonly figures: readonly ReactNode[] }[];
}) {
  const { t, format } = useI18n();
  const { label, head, rows } = props;
  if (rows.length === 0) return <EmptyState title={t('ux.nothing')} />;
  return (
    <>
      <table className="figure-table" aria-label={label}>
        <thead>
          <tr>
            {head.map((name, i) => (
              <th key={name} scope="col" className={i === 0 ? '' : 'right'}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map(({ route, figures }) => (
            <tr key={route}>
              <th scope="row" className="mono cut" title={route}>
                {route}
              </th>
              {figures.map((figure, i) => (
                <td key={head[i + 1]} className="num right">
                  {figure}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && (
        <p className="quiet small more">{t('ux.more', { count: format.count(rows.length - SHOWN) })}</p>
      )}
    </>
  );
}
