import type { Language } from './language.ts';
import { formatBinaryBytes, formatBytes, formatCompact, formatSignificant } from './numbers.ts';

export const ZONE = 'Asia/Seoul';

/** Shown where nothing is known. Never 0: a zero is a measurement. */
export const UNKNOWN = '–';

/** Every number and time that the console shows goes through one of these; both languages are tested with tables. */
export interface Format {
  /** `1,012` */
  count(value: number): string;
  /** Korean counts in 만 and 억, English in k and M: `43만`, `430 k`. */
  compact(value: number): string;
  /** Ratio 0..1 as a percentage: `7.4 %`. */
  percent(ratio: number | null): string;
  /** A score 0..1 with two decimals. */
  score(value: number | null): string;
  /** Response-time like lengths: `210 ms`, `3.04초`, `3.04 s`. */
  latency(seconds: number): string;
  /** How long something lasted, in its two largest units: `3시간 6분`, `3 h 6 min`. */
  duration(lengthMs: number): string;
  /** `6분 전`, `6 min ago`; a few seconds in either direction read as `방금`, `just now`. */
  ago(unixMs: number, nowMs: number): string;
  /** Disk and network sizes, decimal: `1.2 GB`. */
  bytes(value: number): string;
  /** Memory, binary and labelled so: `1.2 GiB`. */
  memory(value: number): string;
  /** A value in the unit its metric declares (UCUM: `1`, `By`, `By/s`, `s`, `{fault}/s`). */
  metric(value: number | null, unit: string): string;
  /** `14:38` or `14:38:20`, 24 hours. */
  clock(unixMs: number, withSeconds?: boolean): string;
  /** `11-20(금) 14:38:20`, `Fri 20 Nov 14:38:20` */
  dateTime(unixMs: number): string;
  /** `12월 9일(수)`, `Wed 9 Dec` */
  date(unixMs: number): string;
  /** A time range of one day as `14:10–14:38`, else with its dates. */
  span(fromMs: number, toMs: number): string;
}

export function createFormat(language: Language, zone: string = ZONE): Format {
  const isKorean = language === 'ko';
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const clockParts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const weekdays = new Intl.DateTimeFormat(language, { timeZone: zone, weekday: 'short' });
  const months = new Intl.DateTimeFormat('en', { timeZone: zone, month: 'short' });

  const read = (unixMs: number): Record<string, string> =>
    Object.fromEntries(clockParts.formatToParts(unixMs).map((part) => [part.type, part.value]));
  const joined = (value: string, korean: string, english: string): string =>
    isKorean ? `${value}${korean}` : `${value} ${english}`;

  const clock = (unixMs: number, withSeconds = false): string => {
    const { hour, minute, second } = read(unixMs);
    return withSeconds ? `${hour}:${minute}:${second}` : `${hour}:${minute}`;
  };
  const date = (unixMs: number): string => {
    const { month, day } = read(unixMs);
    const weekday = weekdays.format(unixMs);
    return isKorean
      ? `${Number(month)}월 ${Number(day)}일(${weekday})`
      : `${weekday} ${Number(day)} ${months.format(unixMs)}`;
  };
  const shortDate = (unixMs: number): string => {
    const { month, day } = read(unixMs);
    return isKorean ? `${month}-${day}(${weekdays.format(unixMs)})` : date(unixMs);
  };
  const latency = (seconds: number): string => {
    const size = Math.abs(seconds);
    if (size === 0) return joined('0', '초', 's');
    if (size < 0.001) return `${formatSignificant(seconds * 1e6)} µs`;
    if (size < 1) return `${formatSignificant(seconds * 1e3)} ms`;
    return joined(formatSignificant(seconds), '초', 's');
  };
  const duration = (lengthMs: number): string => {
    const total = Math.max(0, Math.round(lengthMs / 1000));
    const parts: readonly (readonly [number, string, string])[] = [
      [Math.floor(total / 86_400), '일', 'd'],
      [Math.floor(total / 3600) % 24, '시간', 'h'],
      [Math.floor(total / 60) % 60, '분', 'min'],
      [total % 60, '초', 's'],
    ];
    const first = parts.findIndex(([value]) => value > 0);
    if (first === -1) return joined('0', '초', 's');
    // A quarter of an hour and its seconds: nobody reads the seconds.
    const wanted = first === 2 && (parts[2]?.[0] ?? 0) >= 10 ? 1 : 2;
    return parts
      .slice(first, first + wanted)
      .filter(([value]) => value > 0)
      .map(([value, korean, english]) => joined(String(value), korean, english))
      .join(' ');
  };
  const percent = (ratio: number | null): string => {
    if (ratio === null || !Number.isFinite(ratio)) return UNKNOWN;
    const value = ratio * 100;
    const size = Math.abs(value);
    // Rounding must not turn "almost" into "never" or "always".
    if (size > 0 && size < 0.05) return '< 0.1 %';
    if (size >= 99.95 && size < 100) return '> 99.9 %';
    const isFine = (size > 0 && size < 10) || (size > 99 && size < 100);
    return `${isFine ? value.toFixed(1) : numbers.format(value)} %`;
  };

  return {
    count: (value) => numbers.format(value),
    compact: (value) => formatCompact(value, language),
    percent,
    score: (value) => (value === null ? UNKNOWN : value.toFixed(2)),
    latency,
    duration,
    ago: (unixMs, nowMs) => {
      const ageMs = nowMs - unixMs;
      if (Math.abs(ageMs) < 5000) return isKorean ? '방금' : 'just now';
      if (ageMs < 0) return isKorean ? `${duration(-ageMs)} 뒤` : `in ${duration(-ageMs)}`;
      const text = duration(ageMs < 60_000 ? ageMs : Math.floor(ageMs / 60_000) * 60_000);
      return isKorean ? `${text} 전` : `${text} ago`;
    },
    bytes: formatBytes,
    memory: formatBinaryBytes,
    metric: (value, unit) => {
      if (value === null || !Number.isFinite(value)) return UNKNOWN;
      const perSecond = unit.endsWith('/s');
      const base = perSecond ? unit.slice(0, -2) : unit;
      const suffix = perSecond ? '/s' : '';
      if (base === '1') return percent(value) + suffix;
      if (base === '%') return percent(value / 100) + suffix;
      if (base === 'By') return formatBytes(value) + suffix;
      if (base === 's') return latency(value) + suffix;
      if (base === 'ms') return latency(value / 1000) + suffix;
      const noun = nounOf(base.replace(/^\{(.*)\}$/, '$1'), value, isKorean);
      const number = Math.abs(value) >= 10_000 ? formatCompact(value, language) : formatSignificant(value);
      return perSecond ? `${number}${suffix}` : `${number}${noun}`;
    },
    clock,
    date,
    dateTime: (unixMs) => `${shortDate(unixMs)} ${clock(unixMs, true)}`,
    span: (fromMs, toMs) => {
      const isOneDay = shortDate(fromMs) === shortDate(toMs) && toMs - fromMs < 86_400_000;
      return isOneDay
        ? `${clock(fromMs)}–${clock(toMs)}`
        : `${shortDate(fromMs)} ${clock(fromMs)} – ${shortDate(toMs)} ${clock(toMs)}`;
    },
  };
}

const calls = ['request', 'call', 'transaction', 'fault', 'operation'];

/** What is counted: `12개`, `3건`; `12 sessions`, `1 session`. Units that are not words stay as they are. */
function nounOf(unit: string, value: number, isKorean: boolean): string {
  if (unit === '') return '';
  if (!/^[a-z]+$/.test(unit)) return ` ${unit}`;
  if (isKorean) return calls.includes(unit) ? '건' : '개';
  const isPlain = value === 1 || unit.endsWith('s');
  return ` ${isPlain ? unit : unit.endsWith('process') ? `${unit}es` : `${unit}s`}`;
}
