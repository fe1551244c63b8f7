import { type Bilingual, josa } from '@airis/protocol';
import { entityName, entityTitle } from '../entity-name.ts';
import { koreanClock } from '../korean-time.ts';
import type { ChangeRecord } from '../store/state/incident.ts';
import type { Cause } from './cause.ts';
import { describeEvidence } from './describe-value.ts';
import type { FindingRecord } from './finding-record.ts';
import type { Life } from './life.ts';
import type { Subject } from './subject.ts';

export interface Story {
  readonly root: Subject;
  /** Worse than `info`, by time; at least one. */
  readonly subjects: readonly Subject[];
  readonly changes: readonly ChangeRecord[];
  readonly causes: readonly Cause[];
  readonly impact: Bilingual | null;
  readonly life: Life;
}

/** Root's entity and trouble, and how many other things follow: `shop-db: 행 잠금 대기 외 4건`. */
export function titleOf({ root, subjects }: Pick<Story, 'root' | 'subjects'>): Bilingual {
  const { title } = saidWhileItHeld(root);
  const name = entityName(namedIn(root));
  const others = new Set(subjects.filter(({ key }) => key !== root.key).map(({ key }) => key)).size;
  return {
    ko: `${withName(name.ko, title.ko)}${others === 0 ? '' : ` 외 ${others}건`}`,
    en: `${withName(name.en, title.en)}${others === 0 ? '' : ` and ${others} more`}`,
  };
}

/** What happened in a few sentences, each of which rests on a finding, a change or a cause of the incident. */
export function narrate(story: Story): Bilingual {
  const sentences = [opening(story), measured(story), harm(story), suspicion(story), before(story), standing(story)];
  const told = sentences.filter((sentence) => sentence !== null);
  return { ko: told.map((s) => s.ko).join(' '), en: told.map((s) => s.en).join(' ') };
}

function opening({ root, life }: Story): Bilingual {
  const clock = koreanClock(root.onset);
  const name = entityTitle(namedIn(root));
  const isOver = life.resolvedAtUnixMs !== null;
  const { title } = saidWhileItHeld(root);
  // The closing version says how it ended.
  const { summary } = isOver ? root.record.finding : saidWhileItHeld(root);
  return {
    ko: `${clock}부터 ${name.ko}에 이상이 ${isOver ? '있었습니다' : '있습니다'}: ${title.ko}. ${sentence(summary.ko)}`,
    en: `Since ${clock} there ${isOver ? 'was' : 'is'} trouble at ${name.en}: ${title.en}. ${sentence(summary.en)}`,
  };
}

/** The numbers, where the finding's own words have none. */
function measured({ root }: Story): Bilingual | null {
  const { summary, evidence } = saidWhileItHeld(root);
  if (/\d/.test(summary.en)) return null;
  const values = evidence
    .filter((item) => item.kind === 'series')
    .map(describeEvidence)
    .filter((text) => text !== null);
  if (values.length === 0) return null;
  const list = values.slice(0, 3).join(', ');
  return { ko: `측정값(괄호 안은 평소 범위): ${list}.`, en: `Measured (usual range in brackets): ${list}.` };
}

function harm({ impact, life }: Story): Bilingual | null {
  if (impact === null) return null;
  const isOver = life.resolvedAtUnixMs !== null;
  return {
    ko: `사용자 영향은 다음과 같${isOver ? '았습니다' : '습니다'}: ${sentence(impact.ko)}`,
    en: `Users ${isOver ? 'felt' : 'feel'} it: ${sentence(impact.en)}`,
  };
}

/** The first cause with what speaks most for it, and where to look. */
function suspicion({ root, causes, subjects, life }: Story): Bilingual | null {
  const top = causes[0];
  if (top === undefined) return null;
  const name = entityName(top.entity);
  const others = new Set(subjects.filter(({ place }) => place !== root.place).map(({ place }) => place));
  const isOwn = top.entity === root.entity;
  const why = isOwn ? top.for[0]?.text : null;
  const reason = isOwn ? null : top.explanation;
  const look = life.resolvedAtUnixMs === null ? lookAt(name, others) : null;
  const isRepeated = why === undefined || why === null || why.en === top.explanation.en;
  return {
    ko: joined(`원인 1순위: ${name.ko}${isRepeated ? '' : `(${why.ko})`}.`, reason?.ko, look?.ko),
    en: joined(`First suspect: ${name.en}${isRepeated ? '' : ` (${why.en})`}.`, reason?.en, look?.en),
  };
}

const joined = (...parts: readonly (string | undefined)[]): string =>
  parts
    .filter((part) => part !== undefined)
    .map(sentence)
    .join(' ');

function lookAt(name: Bilingual, others: ReadonlySet<string>): Bilingual {
  const shown = [...others].slice(0, 3).map((entity) => entityName(entity));
  if (shown.length === 0)
    return { ko: `${josa(name.ko, '을/를')} 먼저 확인하십시오.`, en: `Look at ${name.en} first.` };
  const ko = shown.map((each) => each.ko).join(', ');
  const en = shown.map((each) => each.en).join(', ');
  return {
    ko: `${josa(name.ko, '을/를')} 먼저 확인하고, ${ko}의 증상이 함께 사라지는지 보십시오.`,
    en: `Look at ${name.en} first, then see whether the symptoms of ${en} go with it.`,
  };
}

function before({ changes }: Story): Bilingual | null {
  const last = changes.findLast(({ change }) => !change.kind.startsWith('agent-'))?.change;
  if (last === undefined) return null;
  const clock = koreanClock(last.atUnixMs);
  return {
    ko: `이 무렵의 변경: ${clock} ${sentence(last.summary.ko)}`,
    en: `Changed about then: ${clock} ${sentence(last.summary.en)}`,
  };
}

function standing({ subjects, life }: Story): Bilingual {
  const live = subjects.filter(({ record }) => isLive(record)).length;
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
  if (live === subjects.length) {
    return live === 1
      ? { ko: '알림이 계속되고 있습니다.', en: 'The alert still holds.' }
      : { ko: `알림 ${live}건이 모두 계속되고 있습니다.`, en: `All ${live} alerts still hold.` };
  }
  return {
    ko: `알림 ${subjects.length}건 가운데 ${live}건이 계속되고 있습니다.`,
    en: `${live} of ${subjects.length} alerts still ${live === 1 ? 'holds' : 'hold'}.`,
  };
}

const isLive = (record: FindingRecord): boolean => record.endedAtUnixMs === null && record.settledAtUnixMs === null;
const saidWhileItHeld = ({ record }: Subject) => record.whileItHeld ?? record.finding;

/** A process or role of a whole host is known by the host it is on. */
function namedIn({ entity, agent, isScoped }: Subject): string {
  return isScoped || entity.startsWith('link:') ? entity : `host:${agent}`;
}

/** A title that names its entity already is not led by the name once more. */
function withName(name: string, title: string): string {
  return title.includes(name) ? title : `${name}: ${title}`;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
