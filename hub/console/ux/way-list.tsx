import { useI18n } from '../i18n/i18n.tsx';
import { EmptyState } from '../parts/states.tsx';
import type { WayFigures } from './visitor-figures.ts';

const SHOWN = 12;

/** The ways that most visitors take, and where they leave. */
export function WayList({ ways }: { readonly ways: readonly WayFigures[] }) {
  const { t, format } = useI18n();
  if (ways.length === 0) return <EmptyState title={t('ux.noWays')} />;
  return (
    <ol className="plain-list">
      {ways.slice(0, SHOWN).map(({ from, to, visits }) => (
        <li key={`${from} ${to}`} className="row">
          <span className="grow cut">
            <span className="mono">{from}</span> → {to === null ? t('ux.left') : <span className="mono">{to}</span>}
          </span>
          <span className="num quiet">{format.count(visits)}</span>
        </li>
      ))}
    </ol>
  );
}
