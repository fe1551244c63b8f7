import type { Bilingual, Change } from '@airis/protocol';
import { koreanClock } from '../korean-time.ts';
import type { Cause } from './cause.ts';
import { describeEvidence } from './describe-value.ts';
import type { FindingRecord } from './finding-record.ts';
import type { Life } from './life.ts';
import { severityRank } from './severity.ts';

export interface Story {
  readonly agent: string;
  /** Worse than `info`, by time; at least one. */
  readonly firing: readonly FindingRecord[];
  readonly changes: readonly Change[];
  readonly causes: readonly Cause[];
  readonly life: Life;
}

/** The finding that names the incident: the worst, then the first. */
export function leadOf(firing: readonly FindingRecord[]): FindingRecord {
  return [...firing].sort(
    (a, b) =>
      severityRank(b.worst) - severityRank(a.worst) ||
      a.detectedAtUnixMs - b.detectedAtUnixMs ||
      (a.finding.id < b.finding.id ? -1 : 1),
  )[0]!; // callers give at least one
}

export function titleOf({ agent, firing }: Pick<Story, 'agent' | 'firing'>): Bilingual {
  const { title } = leadOf(firing).finding;
  const others = firing.length - 1;
  return {
    ko: `${agent}: ${title.ko}${others === 0 ? '' : ` 외 ${others}건`}`,
    en: `${agent}: ${title.en}${others === 0 ? '' : ` and ${others} more`}`,
  };
}

/** What happened in a few sentences, each of which rests on a finding, a change or a cause of the incident. */
export function narrate(story: Story): Bilingual {
  const sentences = [opening(story), measured(story), suspicion(story), before(story), standing(story)];
  const told = sentences.filter((sentence) => sentence !== null);
  return { ko: told.map((s) => s.ko).join(' '), en: told.map((s) => s.en).join(' ') };
}

function opening({ agent, firing }: Story): Bilingual {
  const first = [...firing].sort((a, b) => a.detectedAtUnixMs - b.detectedAtUnixMs)[0]!; // at least one
  const clock = koreanClock(first.detectedAtUnixMs);
  return {
    ko: `${clock}에 ${agent} 호스트에서 이상 징후를 처음 감지했습니다: ${first.finding.title.ko}.`,
    en: `At ${clock} the first anomaly was seen on ${agent}: ${first.finding.title.en}.`,
  };
}

function measured({ firing }: Story): Bilingual | null {
  const lead = leadOf(firing);
  const values = (lead.whileItHeld ?? lead.finding).evidence
    .filter((item) => item.kind === 'series')
    .map(describeEvidence)
    .filter((text) => text !== null);
  if (values.length === 0) return null;
  const list = values.slice(0, 3).join(', ');
  return { ko: `측정값(괄호 안은 평소 범위): ${list}.`, en: `Measured (usual range in brackets): ${list}.` };
}

function suspicion({ causes }: Story): Bilingual | null {
  const top = causes[0];
  if (top === undefined) return null;
  const score = top.score.toFixed(2);
  return {
    ko: `가장 의심되는 원인은 ${top.entity}입니다(점수 ${score}). ${sentence(top.explanation.ko)}`,
    en: `The first suspect is ${top.entity} (score ${score}). ${sentence(top.explanation.en)}`,
  };
}

function before({ changes }: Story): Bilingual | null {
  const last = changes.at(-1);
  if (last === undefined) return null;
  const clock = koreanClock(last.atUnixMs);
  return {
    ko: `이 무렵의 변경: ${clock} ${sentence(last.summary.ko)}`,
    en: `Changed about then: ${clock} ${sentence(last.summary.en)}`,
  };
}

function standing({ firing, life }: Story): Bilingual {
  const live = firing.filter((record) => record.endedAtUnixMs === null && record.settledAtUnixMs === null).length;
  if (life.resolvedAtUnixMs !== null) {
    const clock = koreanClock(life.resolvedAtUnixMs);
    return { ko: `${clock}에 해결되었습니다.`, en: `It was resolved at ${clock}.` };
  }
  if (live === 0) {
    return {
      ko: '모든 알림이 끝났으며 다시 나타나지 않는지 지켜보는 중입니다.',
      en: 'All alerts have ended; the incident is held open to see whether they return.',
    };
  }
  return {
    ko: `알림 ${firing.length}건 가운데 ${live}건이 계속되고 있습니다.`,
    en: `${live} of ${firing.length} alerts still hold.`,
  };
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
