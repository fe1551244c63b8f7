import { type Bilingual, type Change, josa, type Severity } from '@airis/protocol';
import { entityName } from '../entity-name.ts';
import type { Act } from './act.ts';
import type { FindingRecord } from './finding-record.ts';
import type { Life } from './life.ts';

export interface TimelineEntry {
  readonly atUnixMs: number;
  readonly kind:
    | 'change'
    | 'finding-opened'
    | 'finding-closed'
    | 'detected'
    | 'acknowledged'
    | 'reopened'
    | 'resolved'
    | 'note'
    | 'feedback';
  readonly severity: Severity | null;
  readonly text: Bilingual;
  /** Id of the finding or change it tells of. */
  readonly ref: string | null;
}

/** Longest timeline; the middle of a longer one is left out, since beginnings and ends explain most. */
const MAX_ENTRIES = 400;

/** Everything that happened in an incident, oldest first. */
export function timelineOf(
  records: readonly FindingRecord[],
  changes: readonly Change[],
  acts: readonly Act[],
  life: Life,
): TimelineEntry[] {
  const entries = [
    ...changes.map((change) => entry(change.atUnixMs, 'change', change.summary, { ref: change.id })),
    ...records.flatMap(findingEntries),
    ...lifeEntries(life),
    ...acts.flatMap(actEntries),
  ].sort((a, b) => a.atUnixMs - b.atUnixMs || (`${a.kind}${a.ref}` < `${b.kind}${b.ref}` ? -1 : 1));
  if (entries.length <= MAX_ENTRIES) return entries;
  return [...entries.slice(0, MAX_ENTRIES / 2), ...entries.slice(-MAX_ENTRIES / 2)];
}

function findingEntries(record: FindingRecord): TimelineEntry[] {
  const { finding, worst } = record;
  const more = { ref: finding.id, severity: worst };
  const opened = entry(record.detectedAtUnixMs, 'finding-opened', finding.title, more);
  if (record.endedAtUnixMs === null) return [opened];
  return [opened, entry(record.endedAtUnixMs, 'finding-closed', finding.title, more)];
}

function lifeEntries({ episodes }: Life): TimelineEntry[] {
  return episodes.flatMap((episode, index) => {
    const began =
      index === 0
        ? entry(episode.startUnixMs, 'detected', { ko: '인시던트를 열었습니다.', en: 'Incident opened.' })
        : entry(episode.startUnixMs, 'reopened', {
            ko: '다시 나타나 인시던트를 다시 열었습니다.',
            en: 'It came back: incident reopened.',
          });
    if (episode.resolvedAtUnixMs === null) return [began];
    const by = episode.resolvedBy;
    const text =
      by === null
        ? { ko: '모든 알림이 끝나 자동으로 해결되었습니다.', en: 'All alerts ended: resolved by itself.' }
        : { ko: `${josa(nameOf(by), '이/가')} 해결로 표시했습니다.`, en: `Resolved by ${nameOf(by)}.` };
    return [began, entry(episode.resolvedAtUnixMs, 'resolved', text)];
  });
}

function actEntries(act: Act): TimelineEntry[] {
  switch (act.kind) {
    case 'acknowledge':
      return [
        entry(act.atUnixMs, 'acknowledged', {
          ko: `${josa(nameOf(act.who), '이/가')} 대응을 시작했습니다.`,
          en: `Acknowledged by ${nameOf(act.who)}.`,
        }),
      ];
    case 'note':
      return [entry(act.atUnixMs, 'note', { ko: act.text, en: act.text })];
    case 'feedback': {
      const verdict = VERDICTS[act.verdict ?? ''] ?? { ko: '의견', en: 'a remark' };
      const about = act.entity === null ? null : entityName(act.entity);
      const text = {
        ko: `원인 평가: ${verdict.ko}${about === null ? '' : `(${about.ko})`}`,
        en: `Feedback on the cause: ${verdict.en}${about === null ? '' : ` (${about.en})`}`,
      };
      return [entry(act.atUnixMs, 'feedback', text)];
    }
    case 'resolve':
      return []; // told by the episode that it ended
  }
}

const VERDICTS: Readonly<Record<string, Bilingual>> = {
  right: { ko: '맞음', en: 'right' },
  wrong: { ko: '틀림', en: 'wrong' },
  'false-alarm': { ko: '오탐', en: 'false alarm' },
};

/** `user:kim` is kim to people. */
const nameOf = (who: string): string => who.replace(/^[a-z]+:/, '');

function entry(
  atUnixMs: number,
  kind: TimelineEntry['kind'],
  text: Bilingual,
  more: { ref?: string; severity?: Severity } = {},
): TimelineEntry {
  return { atUnixMs, kind, severity: more.severity ?? null, text, ref: more.ref ?? null };
}
