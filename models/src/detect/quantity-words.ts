import type { Bilingual } from '@airis/protocol';

/** How values read in both languages; `-` for what is not known. Disks count in decimal bytes, memory in binary ones. */
export type Format = (value: number, unit: string) => Bilingual;

const both = (text: string): Bilingual => ({ ko: text, en: text });
const known = (value: number, text: (value: number) => string): Bilingual =>
  both(Number.isFinite(value) ? text(value) : '-');

export const percent: Format = (ratio) =>
  known(ratio, (r) => `${(100 * r).toFixed(r !== 0 && Math.abs(r) < 0.1 ? 1 : 0)} %`);
const plain = (value: number): string => value.toFixed(value > 0 && value < 10 ? 1 : 0);
export const count: Format = (value) => known(value, plain);
export const perSecond: Format = (value) => known(value, (v) => `${plain(v)}/s`);
export const bytes: Format = (value) => known(value, (v) => scaled(v, 1_000, ['B', 'KB', 'MB', 'GB', 'TB', 'PB']));
export const memoryBytes: Format = (value) =>
  known(value, (v) => scaled(v, 1_024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']));
export const seconds: Format = (value) =>
  known(value, (s) => (s < 1 ? `${short(1_000 * s)} ms` : s < 90 ? `${short(s)} s` : `${Math.round(s / 60)} min`));
export const cores: Format = (value) =>
  Number.isFinite(value) ? { ko: `코어 ${ofCores(value)}개`, en: `${ofCores(value)} cores` } : both('-');
const ofCores = (value: number): string => value.toFixed(value < 0.1 ? 2 : 1);

/** Series of one subject may count bytes or shares. */
export const byUnit =
  (ofBytes: Format): Format =>
  (value, unit) =>
    (unit === 'By' ? ofBytes : percent)(value, unit);

/** Whole numbers as such: connections, threads. */
export const whole: Format = (value) => known(value, (v) => v.toFixed(0));

export function duration(ms: number): Bilingual {
  const s = Math.max(0, Math.round(ms / 1_000));
  if (s < 90) return { ko: `${s}초`, en: `${s} s` };
  const minutes = Math.round(s / 60);
  if (minutes < 90) return { ko: `${minutes}분`, en: `${minutes} min` };
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return rest === 0
    ? { ko: `${hours}시간`, en: `${hours} h` }
    : { ko: `${hours}시간 ${rest}분`, en: `${hours} h ${rest} min` };
}

/** Three significant digits without a tail of noughts. */
const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.0+$/, '');

function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = value;
  let i = 0;
  while (Math.abs(rest) >= step && i < units.length - 1) {
    rest /= step;
    i += 1;
  }
  return `${short(rest)} ${units[i]}`;
}
