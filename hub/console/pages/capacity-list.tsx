import type { CapacityAnswer } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { FormattedTime } from '../parts/formatted-time.tsx';
import { ScoreBar } from '../parts/score-bar.tsx';
import { EmptyState } from '../parts/states.tsx';

type Resource = CapacityAnswer['resources'][number];

/** Below this chance a date would only alarm. */
const LEAST_PROBABILITY = 0.1;
const SHOWN = 12;

/** What fills up on this host, and when. */
export function CapacityList({ resources }: { readonly resources: readonly Resource[] }) {
  const { t, format } = useI18n();
  if (resources.length === 0) return <EmptyState title={t('capacity.nothing')} />;
  return (
    <ul className="places">
      {resources.slice(0, SHOWN).map((resource) => (
        <li key={`${resource.kind} ${resource.name}`}>
          <div className="row">
            <span className="grow">
              {t(`capacity.${resource.kind}`)} {resource.name !== null && <code>{resource.name}</code>}
            </span>
            <ScoreBar
              value={resource.usedRatio}
              label={t('capacity.used')}
              text={format.metric(resource.usedRatio, '1')}
            />
          </div>
          <div className="quiet small">
            <When resource={resource} />
          </div>
        </li>
      ))}
    </ul>
  );
}

function When({ resource }: { readonly resource: Resource }) {
  const { t, format } = useI18n();
  const { probability, fullAt, earliestFullAt, latestFullAt, horizonDays, perDayRatio } = resource;
  if (probability === null || horizonDays === null) return t('capacity.tooLittle');
  if (earliestFullAt === null || probability < LEAST_PROBABILITY) return t('capacity.notWithin', { days: horizonDays });
  const chance = format.metric(probability, '1');
  return (
    <>
      {fullAt === null ? (
        <>
          {t('capacity.maybeFrom')} <FormattedTime at={earliestFullAt} as="date" />
        </>
      ) : (
        <>
          <strong>
            {t('capacity.fullOn')} <FormattedTime at={fullAt} as="date" />
          </strong>{' '}
          (<FormattedTime at={earliestFullAt} as="date" />
          {' ~ '}
          {latestFullAt === null ? t('capacity.later') : <FormattedTime at={latestFullAt} as="date" />})
        </>
      )}
      {' · '}
      {t('capacity.chance', { days: horizonDays, chance })}
      {perDayRatio !== null && ` · ${t('capacity.perDay', { growth: format.metric(perDayRatio, '1') })}`}
    </>
  );
}
