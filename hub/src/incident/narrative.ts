import type { Bilingual } from '@airis/protocol';
import { entityName, entityTitle } from '../entity-name.ts';
import { koreanClock } from '../korean-time.ts';
import type { ChangeRecord } from '../store/state/incident.ts';
import type { Cause } from './cause.ts';
import { describeEvidence } from './describe-value.ts';
import type { Life } from './life.ts';
import type { Subject } from './subject.ts';
import { lookNext, pastOf } from './trouble-words.ts';

export interface Story {
  readonly root: Subject;
  /** Faults that the root does not explain. */
  readonly otherRoots: number;
  readonly changes: readonly ChangeRecord[];
  readonly causes: readonly Cause[];
  readonly impact: Bilingual | null;
  readonly life: Life;
}

const MAX_EXPLANATION = 500;

/** The root's entity and trouble: `shop-db: 데이터베이스 잠금 대기`. What follows from it is not counted. */
export function titleOf({ root, otherRoots }: Pick<Story, 'root' | 'otherRoots'>): Bilingual {
  const { title } = saidWhileItHeld(root);
  const name = ownerName(namedIn(root));
  return {
    ko: `${withName(name.ko, title.ko)}${otherRoots === 0 ? '' : ` 외 ${otherRoots}건`}`,
    en: `${withName(name.en, title.en)}${otherRoots === 0 ? '' : ` and ${otherRoots} more`}`,
  };
}

/** What happened in a few sentences, each of which rests on a finding, a change or a cause of the incident. */
export function narrate(story: Story): Bilingual {
  return joined(opening(story), details(story), harm(story), suspicion(story), before(story), standing(story));
}

/** Of the first cause: what, since when, how far from usual, who does it, whom it hurts. */
export function explain(story: Pick<Story, 'root' | 'impact'>): Bilingual {
  const { ko, en } = joined(opening(story), details(story), harm(story));
  return { ko: ko.slice(0, MAX_EXPLANATION), en: en.slice(0, MAX_EXPLANATION) };
}

function opening({ root }: Pick<Story, 'root'>): Bilingual {
  const clock = koreanClock(root.onset);
  const entity = namedIn(root);
  const title = entityTitle(entity);
  const past = hasEnded(root) ? pastOf(root.trouble, entityName(entity)) : null;
  if (past !== null) return { ko: `${clock}에 ${past.ko}.`, en: `At ${clock} ${past.en}.` };
  const said = saidWhileItHeld(root);
  // A summary with numbers says by itself what it is.
  const what = /\d/.test(said.summary.en) && !hasEnded(root) ? null : said.title;
  const isWas = hasEnded(root);
  const where = entity.startsWith('link:') ? `on the ${title.en}` : `at ${title.en}`;
  return {
    ko: `${clock}부터 ${title.ko}에 이상이 ${isWas ? '있었습니다' : '있습니다'}${what === null ? '' : `: ${what.ko}`}.`,
    en: `Since ${clock} there ${isWas ? 'was' : 'is'} trouble ${where}${what === null ? '' : `: ${what.en}`}.`,
  };
}

/** The finding's own words, who it names once it is over, and the numbers where the words have none. */
function details({ root }: Pick<Story, 'root'>): Bilingual {
  if (!hasEnded(root)) return joined(root.record.finding.summary, measured(root));
  const { summary } = root.record.finding;
  return joined(summary.en === saidWhileItHeld(root).summary.en ? null : summary, holderNote(root));
}

function measured(root: Subject): Bilingual | null {
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

/** Who did it: the session that held a lock, the busiest process. */
function holderNote(root: Subject): Bilingual | null {
  const item = saidWhileItHeld(root).evidence.find(isHolder);
  if (root.trouble === 'missing' || item === undefined) return null;
  if (item.note !== undefined) return item.note;
  const holder = holderOf(root);
  if (holder === null) return null;
  return { ko: `가장 많이 쓴 프로세스는 ${holder.ko}입니다.`, en: `Most of it was used by ${holder.en}.` };
}

/** `node(pid 9241)`, as the finding names it; null where it names nobody. */
function holderOf(root: Subject): Bilingual | null {
  const item = saidWhileItHeld(root).evidence.find(isHolder);
  const named = item === undefined ? null : /^process:(.+?)(?:\[(\d+)\])?(?:@.*)?$/.exec(item.ref);
  if (named === null) return null;
  const [, name = '', pid] = named;
  return pid === undefined ? { ko: name, en: name } : { ko: `${name}(pid ${pid})`, en: `${name} (pid ${pid})` };
}

const isHolder = ({ kind, ref }: { kind: string; ref: string }): boolean =>
  kind === 'process' && ref.startsWith('process:');

function harm({ root, impact }: Pick<Story, 'root' | 'impact'>): Bilingual | null {
  if (impact === null) return null;
  return { ko: `사용자 영향: ${impact.ko}.`, en: `Users ${hasEnded(root) ? 'felt' : 'feel'} it: ${impact.en}.` };
}

/** Where the first cause is not what the story has told of. */
function suspicion({ root, causes }: Story): Bilingual | null {
  const top = causes[0];
  if (top === undefined || top.entity === root.entity) return null;
  const name = entityName(top.entity);
  return {
    ko: `원인 1순위: ${name.ko}. ${sentence(top.explanation.ko)}`,
    en: `First suspect: ${name.en}. ${sentence(top.explanation.en)}`,
  };
}

/** The last change before it began; what changed afterwards follows from it or from people. */
function before({ root, changes }: Story): Bilingual | null {
  const last = changes.findLast(
    ({ change }) => !change.kind.startsWith('agent-') && change.atUnixMs <= root.onset,
  )?.change;
  if (last === undefined) return null;
  const clock = koreanClock(last.atUnixMs);
  return {
    ko: `직전 변경: ${clock} ${sentence(last.summary.ko)}`,
    en: `Changed before: ${clock} ${sentence(last.summary.en)}`,
  };
}

/** How it ended, or what to look at next. */
function standing({ root, causes, life }: Story): Bilingual {
  if (life.resolvedAtUnixMs !== null) {
    const clock = koreanClock(life.resolvedAtUnixMs);
    return { ko: `${clock}에 해결되었습니다.`, en: `It was resolved at ${clock}.` };
  }
  if (hasEnded(root)) {
    return { ko: '다시 나타나는지 지켜보는 중입니다.', en: 'It is being watched for a return.' };
  }
  const top = causes[0];
  const isOther = top !== undefined && top.entity !== root.entity && !top.entity.startsWith('process:');
  return isOther
    ? lookNext('', entityName(top.entity), null)
    : lookNext(root.trouble, entityName(namedIn(root)), holderOf(root));
}

const hasEnded = ({ record }: Subject): boolean => record.endedAtUnixMs !== null || record.settledAtUnixMs !== null;
const saidWhileItHeld = ({ record }: Subject) => record.whileItHeld ?? record.finding;

/** A process or role of a whole host is known by the host it is on. */
function namedIn({ entity, agent, isScoped }: Subject): string {
  return isScoped || entity.startsWith('link:') ? entity : `host:${agent}`;
}

/** A folder's title names the folder: whose it is leads. */
function ownerName(entity: string): Bilingual {
  const owner = /^directory:.*@(.+)$/.exec(entity)?.[1];
  return owner === undefined ? entityName(entity) : { ko: owner, en: owner };
}

/** A title that names its entity already, or both ends of a link, is not led by the name once more. */
function withName(name: string, title: string): string {
  const ends = name.replace(/ (?:구간|link)$/, '').split(' → ');
  if (ends.every((end) => title.includes(end))) return title;
  const isWord = /^[A-Z][a-z]/.test(title);
  return `${name}: ${isWord ? title.charAt(0).toLowerCase() + title.slice(1) : title}`;
}

function joined(...parts: readonly (Bilingual | null)[]): Bilingual {
  const told = parts.filter((part) => part !== null).filter(({ en }) => en !== '');
  return { ko: told.map(({ ko }) => sentence(ko)).join(' '), en: told.map(({ en }) => sentence(en)).join(' ') };
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
