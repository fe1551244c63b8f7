import type { Bilingual, FindingKind } from '@airis/protocol';
import type { Signal } from './detector.ts';
import { ADOPT_AFTER_MS } from './level-shift.ts';
import type { SubjectKind } from './rules.ts';
import type { BusyProcess } from './steady-processes.ts';

/** What can be said about a subject: its name in both languages, and how its values read. */
interface Wording {
  readonly name: Bilingual;
  readonly format: (value: number, unit: string) => string;
}

const wordings: Readonly<Record<SubjectKind, Wording>> = {
  cpu: { name: { ko: 'CPU 사용률', en: 'CPU utilization' }, format: formatPercent },
  memory: { name: { ko: '메모리 사용률', en: 'Memory utilization' }, format: formatPercent },
  swap: { name: { ko: '스왑 사용률', en: 'Swap utilization' }, format: formatPercent },
  'file-system': { name: { ko: '디스크 사용량', en: 'Disk usage' }, format: formatByUnit },
  'disk-io': { name: { ko: '디스크 I/O 부하', en: 'Disk I/O load' }, format: formatPercent },
  'network-errors': {
    name: { ko: '네트워크 오류', en: 'Network errors' },
    format: (value) => `${formatCount(value)}/s`,
  },
  'web-requests': { name: { ko: '웹 요청', en: 'Web requests' }, format: (value) => `${formatCount(value)}/s` },
  'web-errors': { name: { ko: '웹 오류율(5xx)', en: 'Web error ratio (5xx)' }, format: formatPercent },
  'web-latency': { name: { ko: '웹 응답시간', en: 'Web response time' }, format: formatSeconds },
  'web-connections': { name: { ko: '웹 동시 연결', en: 'Web connections' }, format: formatCount },
};

const kindWords: Readonly<Record<FindingKind, Bilingual>> = {
  'level-shift': { ko: '급증', en: 'jumped' },
  spike: { ko: '급증', en: 'spiked' },
  saturation: { ko: '한계 도달', en: 'near its limit' },
  drift: { ko: '고갈 예상', en: 'will run out' },
  'flat-line': { ko: '멈춤', en: 'stopped' },
  missing: { ko: '측정값 끊김', en: 'values are missing' },
  'seasonal-break': { ko: '평소와 다름', en: 'unlike this time of day' },
  multivariate: { ko: '이상 징후', en: 'unusual combination' },
};

export interface Statement {
  readonly subject: SubjectKind;
  /** Mount, device or interface; empty for the host. */
  readonly name: string;
  readonly unit: string;
  readonly signal: Signal;
  readonly atMs: number;
  readonly processes: readonly BusyProcess[];
  /** Processes started a second, where they are many; else `null`. */
  readonly startedPerSecond: number | null;
}

/** Headline: what, in five words. */
export function titleOf({
  subject,
  name,
  signal,
}: Omit<Statement, 'atMs' | 'processes' | 'startedPerSecond'>): Bilingual {
  const wording = wordings[subject].name;
  if (subject === 'file-system') {
    return signal.kind === 'drift'
      ? { ko: `디스크 곧 가득 참: ${name}`, en: `Disk filling up: ${name}` }
      : { ko: `디스크 공간 부족: ${name}`, en: `Disk almost full: ${name}` };
  }
  if (subject === 'memory' && signal.kind === 'drift') {
    return { ko: '메모리 곧 고갈', en: 'Memory running out' };
  }
  const kind = kindWords[signal.kind];
  const suffix = name === '' ? '' : `: ${name}`;
  return { ko: `${wording.ko} ${kind.ko}${suffix}`, en: `${wording.en} ${kind.en}${suffix}` };
}

/** One or two sentences with the numbers, as an operator would say them. */
export function summaryOf(statement: Statement): Bilingual {
  const { subject, unit, signal, atMs, processes } = statement;
  const { name, format } = wordings[subject];
  const value = format(signal.value, unit);
  const usual = format(signal.expectedHigh, unit);
  const lasting = durationWords(atMs - signal.sinceMs);
  const who = processWords(subject, processes, statement.startedPerSecond);
  switch (signal.kind) {
    case 'drift':
      return driftSummary(statement, who);
    case 'missing':
      return {
        ko: `${name.ko} 값이 ${lasting.ko}째 들어오지 않습니다.`,
        en: `${name.en}: no value for ${lasting.en}.`,
      };
    case 'flat-line':
      return {
        ko: `${name.ko} 값이 ${lasting.ko}째 ${value}에서 움직이지 않습니다. 평소에는 ${format(signal.expectedLow, unit)}~${usual}입니다.`,
        en: `${name.en}: ${value} without a move for ${lasting.en}; usually ${format(signal.expectedLow, unit)} to ${usual}.`,
      };
    case 'saturation':
      return {
        ko: `${placeWords(statement).ko}${subjectParticle(name.ko)} ${value}이고, 한계에 가까운 상태가 ${lasting.ko}째 이어지고 있습니다.${who.ko}`,
        en: `${name.en}${placeWords(statement).en}: ${value}, near its limit, for ${lasting.en}.${who.en}`,
      };
    default:
      return {
        ko: `${placeWords(statement).ko}${subjectParticle(name.ko)} 평소 ${usual} 이하에서 ${value}까지 올라 ${lasting.ko}째 이어지고 있습니다.${who.ko}`,
        en: `${name.en}${placeWords(statement).en} rose to ${value} (usually up to ${usual}), for ${lasting.en} so far.${who.en}`,
      };
  }
}

/** What is said when it is over. `worst` is the highest value seen while it lasted. */
export function recoveryOf(
  statement: Pick<Statement, 'subject' | 'unit' | 'name'>,
  kind: FindingKind,
  lastedMs: number,
  worst: number,
): Bilingual {
  const { name, format } = wordings[statement.subject];
  const lasted = durationWords(lastedMs);
  const topic = topicParticle(name.ko);
  if (kind === 'drift') {
    return {
      ko: `더 늘지 않습니다. 증가는 ${lasted.ko} 동안 이어졌습니다.`,
      en: `It no longer grows. The growth lasted ${lasted.en}.`,
    };
  }
  if (kind === 'level-shift' && lastedMs >= ADOPT_AFTER_MS) {
    return {
      ko: `${lasted.ko} 동안 이어진 수준을 이제 평소 수준으로 봅니다.`,
      en: `The level has lasted ${lasted.en} and counts as usual from now on.`,
    };
  }
  if (kind === 'missing' || kind === 'flat-line' || !Number.isFinite(worst)) {
    return {
      ko: `${topic} 다시 정상입니다. ${lasted.ko} 동안 이어졌습니다.`,
      en: `Back to normal after ${lasted.en}.`,
    };
  }
  return {
    ko: `${topic} 평소 범위로 돌아왔습니다. ${lasted.ko} 동안 이어졌고 최고 ${format(worst, statement.unit)}까지 올랐습니다.`,
    en: `Back in its usual range after ${lasted.en}; the highest value was ${format(worst, statement.unit)}.`,
  };
}

function driftSummary({ subject, name, unit, signal }: Statement, who: Bilingual): Bilingual {
  const { msToFull, perSecond } = signal.forecast ?? { msToFull: 0, perSecond: 0 };
  const left = durationWords(msToFull);
  const what = wordings[subject];
  const place =
    subject === 'file-system'
      ? { ko: `${name} 사용량이`, en: `Usage of ${name}` }
      : { ko: subjectParticle(what.name.ko), en: what.name.en };
  const rate =
    unit === 'By'
      ? { ko: `초당 ${formatBytes(perSecond)}`, en: `${formatBytes(perSecond)}/s` }
      : { ko: `분당 ${formatPercent(perSecond * 60)}p`, en: `${formatPercent(perSecond * 60)} points/min` };
  return {
    ko: `${place.ko} ${rate.ko}씩 늘고 있습니다. 이 속도면 ${left.ko} 뒤에 가득 찹니다.${who.ko}`,
    en: `${place.en} grows by ${rate.en}. At this rate it is full in ${left.en}.${who.en}`,
  };
}

function placeWords({ name }: Statement): Bilingual {
  return name === '' ? { ko: '', en: '' } : { ko: `${name}의 `, en: ` of ${name}` };
}

/** A process that is busy throughout explains the load; else many that come and go may. */
function processWords(
  subject: SubjectKind,
  processes: readonly BusyProcess[],
  startedPerSecond: number | null,
): Bilingual {
  const top = processes[0];
  if (subject === 'cpu' && startedPerSecond !== null && (top === undefined || top.cpuRatio < 0.5)) {
    return {
      ko: ` 짧게 사는 프로세스가 많습니다: 초당 ${formatCount(startedPerSecond)}개가 시작됩니다.`,
      en: ` Many short-lived processes: ${formatCount(startedPerSecond)} are started each second.`,
    };
  }
  if (subject !== 'cpu' || top === undefined) return { ko: '', en: '' };
  const use = formatPercent(top.cpuRatio);
  return {
    ko: ` 가장 많이 쓰는 프로세스는 ${top.name}(pid ${top.pid}, 코어 1개 기준 ${use})입니다.`,
    en: ` The busiest process is ${top.name} (pid ${top.pid}, ${use} of one core).`,
  };
}

const endsInConsonant = (text: string): boolean => {
  const word = text.replace(/\([^)]*\)$/, '');
  const code = word.charCodeAt(word.length - 1);
  return code >= 0xac00 && code <= 0xd7a3 && (code - 0xac00) % 28 !== 0;
};
const subjectParticle = (text: string): string => `${text}${endsInConsonant(text) ? '이' : '가'}`;
const topicParticle = (text: string): string => `${text}${endsInConsonant(text) ? '은' : '는'}`;

function formatPercent(ratio: number): string {
  return `${Number.isFinite(ratio) ? (100 * ratio).toFixed(Math.abs(ratio) < 0.1 ? 1 : 0) : '-'} %`;
}

function formatCount(value: number): string {
  return Number.isFinite(value) ? value.toFixed(value > 0 && value < 10 ? 1 : 0) : '-';
}

function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  return seconds < 1 ? `${(1_000 * seconds).toPrecision(3).replace(/\.0+$/, '')} ms` : `${seconds.toPrecision(3)} s`;
}

function formatByUnit(value: number, unit: string): string {
  return unit === 'By' ? formatBytes(value) : formatPercent(value);
}

function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let i = 0;
  while (Math.abs(value) >= 1_000 && i < units.length - 1) {
    value /= 1_000;
    i += 1;
  }
  return `${value.toPrecision(3).replace(/\.0+$/, '')} ${units[i]}`;
}

function durationWords(ms: number): Bilingual {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 90) return { ko: `${seconds}초`, en: `${seconds} s` };
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return { ko: `${minutes}분`, en: `${minutes} min` };
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return rest === 0
    ? { ko: `${hours}시간`, en: `${hours} h` }
    : { ko: `${hours}시간 ${rest}분`, en: `${hours} h ${rest} min` };
}
