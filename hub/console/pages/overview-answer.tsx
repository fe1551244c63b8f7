import type { Loaded } from '../api/resource.ts';
import type { Host, Incident } from '../api/types.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { PageAnswer } from '../parts/page-answer.tsx';
import { levelRank } from '../parts/severity.tsx';
import { useUrl } from '../shell/use-url.ts';

export interface OverviewAnswerProps {
  readonly hosts: Loaded<readonly Host[]>;
  readonly incidents: Loaded<readonly Incident[]>;
}

/** One sentence: what is wrong and the first suspect; or that nothing is, and when it last was. Never from old values. */
export function OverviewAnswer({ hosts, incidents }: OverviewAnswerProps) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const { href } = useUrl();
  const atMs = incidents.atMs;
  const worst = worstOpen(incidents.value ?? []);
  const isUnknown = incidents.value === undefined || incidents.isStale;
  return (
    <PageAnswer
      note={atMs !== null && t('overview.asOf', { time: format.clock(atMs, true) })}
      action={
        worst !== null && (
          <a className="button primary" href={href(`/incidents/${worst.id}`)}>
            {t('overview.open')}
          </a>
        )
      }
    >
      {isUnknown ? unknownSentence(incidents, i18n) : knownSentence(worst, incidents.value ?? [], hosts, i18n)}
    </PageAnswer>
  );
}

function unknownSentence(incidents: OverviewAnswerProps['incidents'], { t, format }: I18n): string {
  if (incidents.error === null && incidents.value === undefined) return t('overview.asking');
  if (incidents.atMs === null) return t('overview.noAnswer');
  return t('overview.lastKnown', { time: format.clock(incidents.atMs, true) });
}

function knownSentence(
  worst: Incident | null,
  incidents: readonly Incident[],
  hosts: OverviewAnswerProps['hosts'],
  { t, format, pick, language }: I18n,
): string {
  const silent = hosts.value?.filter(({ state }) => state === 'stale').length ?? 0;
  if (worst !== null) {
    const title = pick(worst.title).replace(/\.$/, '');
    if (worst.topCause === null) return t('overview.wrong', { title });
    return t('overview.wrongBecause', { title, cause: entityTitle(worst.topCause.entity, language) });
  }
  if (hosts.value?.length === 0) return t('overview.firstHost');
  if (silent > 0) return t('overview.silent', { count: format.count(silent) });
  const last = incidents.find(({ resolvedAt }) => resolvedAt !== null);
  if (last?.resolvedAt == null) return t('overview.quiet');
  return t('overview.quietSince', { ago: format.ago(Date.parse(last.resolvedAt), Date.now()), id: last.id });
}

function worstOpen(incidents: readonly Incident[]): Incident | null {
  const open = incidents.filter(({ state }) => state !== 'resolved');
  const [first = null] = open.toSorted(
    (a, b) => levelRank(a.severity) - levelRank(b.severity) || a.startedAt.localeCompare(b.startedAt),
  );
  return first;
}
