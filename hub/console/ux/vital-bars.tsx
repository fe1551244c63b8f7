import { useI18n } from '../i18n/i18n.tsx';
import { type Level, LevelShape } from '../parts/severity.tsx';
import { EmptyState } from '../parts/states.tsx';
import { type Rating, ratingOf, type VitalShare } from './visitor-figures.ts';

const levelOf: Readonly<Record<Rating, Level>> = { good: 'ok', middling: 'minor', poor: 'critical' };

/** Of each vital how many visitors fared well, so so and badly. */
export function VitalBars({ shares }: { readonly shares: readonly VitalShare[] }) {
  const { t, format } = useI18n();
  if (shares.length === 0) return <EmptyState title={t('ux.noVitals')} />;
  return (
    <ul className="vital-bars">
      {shares.map((share) => {
        const { vital, good, middling, poor } = share;
        const total = good + middling + poor;
        const rating = ratingOf(share);
        const spoken = t('ux.shares', {
          good: format.percent(good / total),
          middling: format.percent(middling / total),
          poor: format.percent(poor / total),
        });
        return (
          <li key={vital}>
            <div className="row">
              <LevelShape level={levelOf[rating]} />
              <span className="strong">{vital.toUpperCase()}</span>
              <span className="grow quiet small">{t(`ux.vital.${vital}`)}</span>
              <span>{t(`ux.rating.${rating}`)}</span>
            </div>
            <div className="vital-bar" aria-hidden="true">
              {(['good', 'middling', 'poor'] as const).map((one) => (
                <i key={one} className={one} style={{ width: `${(100 * share[one]) / total}%` }} />
              ))}
            </div>
            <div className="quiet small num">
              {spoken} · {t('ux.values', { count: format.count(total) })}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
