import type { Bilingual } from '@airis/protocol';
import { entityName } from '../entity-name.ts';
import { describeValue } from './describe-value.ts';
import type { Subject } from './subject.ts';
import type { Surroundings } from './surroundings.ts';

const MAX_PATH = 12;

/**
 * Entities from the root to where users come in, against the direction of the calls: as far as something shows. The root
 * alone where nothing else does.
 */
export function pathOf(root: Subject, subjects: readonly Subject[], around: Surroundings): string[] {
  const troubled = new Set(subjects.map(({ place }) => place));
  const ends = around.endsOf(root.entity);
  const path = root.entity === root.place ? [root.entity] : [root.entity, root.place];
  if (ends !== null) path.push(ends.caller);
  for (let at = path.at(-1); at !== undefined && path.length < MAX_PATH; ) {
    const callers = around.callersOf(at).filter((caller) => !path.includes(caller));
    const next =
      callers.find((caller) => troubled.has(caller)) ?? callers.find((each) => reaches(each, troubled, around));
    if (next === undefined) break;
    path.push(next);
    at = next;
  }
  return path;
}

function reaches(entity: string, troubled: ReadonlySet<string>, around: Surroundings): boolean {
  return [...troubled].some((other) => other !== entity && around.hopsDown(other, entity, 4) !== null);
}

/** What users feel, in one short phrase: the symptoms where they come in. Null where they feel nothing that is known. */
export function impactOf(path: readonly string[], subjects: readonly Subject[]): Bilingual | null {
  const symptoms = subjects.filter(isFelt);
  const felt = path.findLast((entity) => symptoms.some(({ place }) => place === entity)) ?? symptoms.at(-1)?.place;
  if (felt === undefined) return null;
  const parts = new Map(
    symptoms.filter(({ place, peer }) => place === felt && peer === null).map((one) => [one.trouble, phraseOf(one)]),
  );
  const phrases = parts.size > 0 ? [...parts.values()] : symptoms.filter((one) => one.place === felt).map(phraseOf);
  const name = entityName(felt);
  return {
    ko: `${name.ko} ${distinct(phrases.map(({ ko }) => ko)).join(', ')}`.slice(0, 500),
    en: `${name.en} ${distinct(phrases.map(({ en }) => en)).join(', ')}`.slice(0, 500),
  };
}

/** What a log says is where to look, not what users feel. */
const isFelt = ({ nature, trouble }: Subject): boolean => nature === 'symptom' && !trouble.startsWith('log-');

/** What is measured of a symptom, without a judgement: the value beside the usual one judges by itself. */
const NOUNS: Readonly<Record<string, Bilingual>> = {
  latency: { ko: '응답시간', en: 'response time' },
  errors: { ko: '오류율(5xx)', en: 'error ratio (5xx)' },
  'call-latency': { ko: '호출 응답시간', en: 'response time of calls' },
  'call-errors': { ko: '호출 오류율', en: 'error ratio of calls' },
};

function phraseOf({ record, trouble }: Subject): Bilingual {
  const finding = record.whileItHeld ?? record.finding;
  const measured = finding.evidence.find(({ kind, value }) => kind === 'series' && value !== undefined);
  const noun = NOUNS[trouble];
  if (noun === undefined || measured?.value === undefined) return finding.title;
  const value = describeValue(measured.value, measured.unit);
  const high = measured.expectedHigh;
  const usual = high === undefined ? null : describeValue(high, measured.unit);
  const isNone = high === 0;
  return {
    ko: `${noun.ko} ${value}${usual === null ? '' : `(평소 ${usual}${isNone ? '' : ' 이하'})`}`,
    en: `${noun.en} ${value}${usual === null ? '' : ` (usually ${isNone ? '' : 'up to '}${usual})`}`,
  };
}

const distinct = (list: readonly string[]): string[] => [...new Set(list)];
