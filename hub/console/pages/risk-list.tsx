import type { RisksAnswer } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { ScoreBar } from '../parts/score-bar.tsx';
import { useUrl } from '../shell/use-url.ts';

type Risk = RisksAnswer['items'][number];

/** Below, and nearer to its usual, a chance would only alarm. */
const LEAST_PROBABILITY = 0.02;
const LEAST_RATIO = 3;
const SHOWN = 5;

/** Hosts that are much likelier to break in the next half hour than they usually are. */
export const raisedRisks = ({ items }: RisksAnswer): readonly Risk[] =>
  items
    .filter(({ probability, usual }) => probability >= LEAST_PROBABILITY && probability >= LEAST_RATIO * usual)
    .slice(0, SHOWN);

export function RiskList({ risks, answer }: { readonly risks: readonly Risk[]; readonly answer: RisksAnswer }) {
  const { t, format, pick, language } = useI18n();
  const { href } = useUrl();
  const { calibration } = answer;
  return (
    <>
      <ul className="places">
        {risks.map(({ host, probability, low, high, usual, factors }) => (
          <li key={host}>
            <div className="row">
              <a className="link grow" href={href(`/hosts/${host.slice('host:'.length)}`)}>
                {entityTitle(host, language)}
              </a>
              <ScoreBar value={probability} label={t('risk.probability')} text={format.percent(probability)} />
            </div>
            <div className="quiet small">
              {t('risk.range', {
                low: format.percent(low),
                high: format.percent(high),
                usual: format.percent(usual),
              })}
              {factors.length > 0 && ` · ${factors.map(({ words }) => pick(words)).join(', ')}`}
            </div>
          </li>
        ))}
      </ul>
      <p className="quiet small">
        {calibration === null
          ? t('risk.unproven')
          : t('risk.proven', {
              incidents: format.count(calibration.incidents),
              better: format.percent(Math.max(0, 1 - calibration.brier / Math.max(calibration.brierOfUsual, 1e-9))),
            })}
      </p>
    </>
  );
}
