import type { Bilingual, FindingKind } from '@airis/protocol';
import type { Signal } from './detector.ts';
import { josa } from './josa.ts';
import { ADOPT_AFTER_MS } from './level-shift.ts';
import { bytes, count, duration, memoryBytes, percent } from './quantity-words.ts';
import type { BusyProcess } from './steady-processes.ts';
import { kindWords, placeName, subjectWords } from './subject-words.ts';
import type { SubjectKind } from './subjects.ts';

export interface Statement {
  readonly subject: SubjectKind;
  /** Mount, device, folder or peer; empty for the host or service as a whole. */
  readonly name: string;
  readonly unit: string;
  readonly signal: Signal;
  readonly atMs: number;
  readonly processes: readonly BusyProcess[];
  /** Processes started a second, where they are many; else `null`. */
  readonly startedPerSecond: number | null;
  /** What a collector knows beyond the numbers. */
  readonly note: Bilingual | null;
}

const nothing: Bilingual = { ko: '', en: '' };

/** Headline: what, in five words. */
export function titleOf({ subject, name, signal }: Pick<Statement, 'subject' | 'name' | 'signal'>): Bilingual {
  const { name: wording, titles } = subjectWords[subject];
  const kind = kindWords[signal.kind];
  const title = titles?.[signal.kind] ?? { ko: `${wording.ko} ${kind.ko}`, en: `${wording.en} ${kind.en}` };
  const place = placeName(subject, name);
  return { ko: placed(title.ko, place.ko), en: placed(title.en, place.en) };
}

/** One or two sentences with the numbers, as an operator would say them. */
export function summaryOf(statement: Statement): Bilingual {
  const what = sentenceOf(statement);
  const who = processWords(statement);
  const note = statement.note ?? nothing;
  return {
    ko: [what.ko, who.ko, note.ko].filter((text) => text !== '').join(' '),
    en: [what.en, who.en, note.en].filter((text) => text !== '').join(' '),
  };
}

function sentenceOf(statement: Statement): Bilingual {
  const { subject, unit, signal, atMs } = statement;
  const { name, format, sentences } = subjectWords[subject];
  const place = placeWords(statement);
  const value = format(signal.value, unit);
  const usual = format(signal.expectedHigh, unit);
  const range = rangeOf(format(signal.expectedLow, unit), usual);
  const lasting = duration(atMs - signal.sinceMs);
  const most = mostUsual(usual, value);
  const fromUsual = most === null ? nothing : { ko: `평소 ${most.ko}에서 `, en: ` (usually ${most.en})` };
  const own = sentences?.[signal.kind];
  if (own !== undefined) {
    const fill = (language: 'ko' | 'en') =>
      own[language]
        .replace('{value}', value[language])
        .replace('{range}', range[language])
        .replace('{lasting}', lasting[language]);
    return { ko: fill('ko'), en: fill('en') };
  }
  switch (signal.kind) {
    case 'drift':
      return driftSentence(statement);
    case 'missing':
      return {
        ko: `${name.ko} 값이 ${lasting.ko}째 들어오지 않습니다.`,
        en: `${name.en}: no value for ${lasting.en}.`,
      };
    case 'flat-line':
      return {
        ko: `${name.ko} 값이 ${lasting.ko}째 ${value.ko}에서 움직이지 않습니다. 평소에는 ${range.ko}입니다.`,
        en: `${name.en}: ${value.en} without a move for ${lasting.en}; usually ${range.en}.`,
      };
    case 'saturation':
      return {
        ko: `${place.ko}${josa(name.ko, '이/가')} ${value.ko}이고, 한계에 가까운 상태가 ${lasting.ko}째 이어지고 있습니다.`,
        en: `${name.en}${place.en}: ${value.en}, near its limit, for ${lasting.en}.`,
      };
    default:
      return {
        ko: `${place.ko}${josa(name.ko, '이/가')} ${fromUsual.ko}${value.ko}까지 올라 ${lasting.ko}째 이어지고 있습니다.`,
        en: `${name.en}${place.en} rose to ${value.en}${fromUsual.en}, for ${lasting.en} so far.`,
      };
  }
}

/** A range of one point is said as one value. */
function rangeOf(low: Bilingual, high: Bilingual): Bilingual {
  return low.en === high.en ? high : { ko: `${low.ko}~${high.ko}`, en: `${low.en} to ${high.en}` };
}

/** The upper end of what is usual; null where rounding leaves no difference to the value. Nothing is below nothing. */
function mostUsual(usual: Bilingual, value: Bilingual): Bilingual | null {
  if (usual.en === value.en || usual.en === '-') return null;
  return /^0(?:\.0+)? /.test(usual.en) ? usual : { ko: `${usual.ko} 이하`, en: `up to ${usual.en}` };
}

interface Recovery {
  readonly lastedMs: number;
  /** Highest value seen while it lasted. */
  readonly worst: number;
  /** Upper end of the usual range. */
  readonly usual: number;
}

/** What is said when it is over. */
export function recoveryOf(
  { subject, unit }: Pick<Statement, 'subject' | 'unit'>,
  kind: FindingKind,
  { lastedMs, worst, usual }: Recovery,
): Bilingual {
  const { name, format } = subjectWords[subject];
  const lasted = duration(lastedMs);
  const topic = josa(name.ko, '은/는');
  if (kind === 'drift') {
    const reached = Number.isFinite(worst) ? format(worst, unit) : null;
    return {
      ko: `증가가 멈췄습니다. ${lasted.ko} 동안 늘어났습니다${reached === null ? '' : `(최고 ${reached.ko})`}.`,
      en: `It has stopped growing after ${lasted.en}${reached === null ? '' : `; the highest value was ${reached.en}`}.`,
    };
  }
  if (kind === 'level-shift' && lastedMs >= ADOPT_AFTER_MS) {
    return {
      ko: `${lasted.ko} 동안 이어진 수준을 이제 평소 수준으로 봅니다.`,
      en: `The level has lasted ${lasted.en} and counts as usual from now on.`,
    };
  }
  const isOwnSentence = subjectWords[subject].sentences?.[kind] !== undefined;
  if (kind === 'missing' || kind === 'flat-line' || isOwnSentence || !Number.isFinite(worst)) {
    return {
      ko: `${topic} 다시 정상입니다. ${lasted.ko} 동안 이어졌습니다.`,
      en: `Back to normal after ${lasted.en}.`,
    };
  }
  const highest = format(worst, unit);
  const most = mostUsual(format(usual, unit), highest);
  const beside = most === null ? nothing : { ko: `(평소 ${most.ko})`, en: ` (usually ${most.en})` };
  return {
    ko: `${topic} 평소 범위로 돌아왔습니다. ${lasted.ko} 동안 이어졌고 최고 ${highest.ko}까지 올랐습니다${beside.ko}.`,
    en: `Back in its usual range after ${lasted.en}; the highest value was ${highest.en}${beside.en}.`,
  };
}

function driftSentence({ subject, name, unit, signal }: Statement): Bilingual {
  const { msToFull, perSecond } = signal.forecast ?? { msToFull: 0, perSecond: 0 };
  const left = duration(msToFull);
  const words = subjectWords[subject].name;
  const place = placeName(subject, name);
  const grows =
    place.ko === ''
      ? { ko: josa(words.ko, '이/가'), en: words.en }
      : subject === 'directory'
        ? { ko: `${place.ko} 폴더 사용량이`, en: `Usage of folder ${place.en}` }
        : { ko: `${place.ko} 사용량이`, en: `Usage of ${place.en}` };
  const rate = growthWords(subject, unit, perSecond);
  const isLimit = subject === 'scope-memory' || subject === 'directory';
  return {
    ko: `${grows.ko} ${rate.ko}씩 늘고 있습니다. 이 속도면 ${left.ko} 뒤에 ${isLimit ? '한도에 이릅니다' : '가득 찹니다'}.`,
    en: `${grows.en} grows by ${rate.en}. At this rate it ${isLimit ? 'meets its limit' : 'is full'} in ${left.en}.`,
  };
}

function growthWords(subject: SubjectKind, unit: string, perSecond: number): Bilingual {
  if (unit !== 'By') {
    const points = percent(60 * perSecond, '1');
    return { ko: `분당 ${points.ko}p`, en: `${points.en} points/min` };
  }
  const size = (subject === 'scope-memory' ? memoryBytes : bytes)(perSecond, unit);
  return { ko: `초당 ${size.ko}`, en: `${size.en}/s` };
}

function placeWords({ subject, name }: Statement): Bilingual {
  const place = placeName(subject, name);
  if (place.ko === '') return nothing;
  if (subject === 'call-latency' || subject === 'call-errors') return { ko: `${place.ko} `, en: ` to ${place.en}` };
  return { ko: `${place.ko}의 `, en: ` of ${place.en}` };
}

function placed(title: string, place: string): string {
  if (title.includes('{place}')) return title.replace('{place}', place).replace(/ {2,}/g, ' ').trim();
  return place === '' ? title : `${title}: ${place}`;
}

/** A process that is busy throughout explains the load; else many that come and go may. */
function processWords({ subject, processes, startedPerSecond }: Statement): Bilingual {
  const top = processes[0];
  if (subject === 'cpu' && startedPerSecond !== null && (top === undefined || top.cpuRatio < 0.5)) {
    const started = count(startedPerSecond, '');
    return {
      ko: `짧게 사는 프로세스가 많습니다: 초당 ${started.ko}개가 시작됩니다.`,
      en: `Many short-lived processes: ${started.en} are started each second.`,
    };
  }
  if (top === undefined) return nothing;
  if (subject === 'scope-memory') {
    const held = memoryBytes(top.memoryBytes ?? Number.NaN, 'By');
    return {
      ko: `가장 많이 쓰는 프로세스는 ${top.name}(pid ${top.pid}, ${held.ko})입니다.`,
      en: `The largest process is ${top.name} (pid ${top.pid}, ${held.en}).`,
    };
  }
  const use = percent(top.cpuRatio, '1');
  return {
    ko: `가장 많이 쓰는 프로세스는 ${top.name}(pid ${top.pid}, 코어 1개 기준 ${use.ko})입니다.`,
    en: `The busiest process is ${top.name} (pid ${top.pid}, ${use.en} of one core).`,
  };
}
