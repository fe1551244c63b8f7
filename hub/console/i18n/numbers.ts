import type { Language } from './language.ts';

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Three significant digits, without an exponent and without idle zeros: `3.04`, `0.21`, `1,012`. */
export function formatSignificant(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return grouped.format(value);
  if (size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** Decimal bytes: KB, MB, GB as disks and networks are sold. */
export function formatBytes(value: number): string {
  return scaled(value, 1000, ['B', 'KB', 'MB', 'GB', 'TB', 'PB']);
}

/** Binary bytes, always labelled as such: MiB, GiB as memory is counted. */
export function formatBinaryBytes(value: number): string {
  return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
}

function scaled(value: number, base: number, names: readonly string[]): string {
  let size = value;
  let step = 0;
  // 999.6 would print as "1,000 KB": go up before the rounding does.
  while (Math.abs(size) >= base - 0.5 && step < names.length - 1) {
    size /= base;
    step += 1;
  }
  return `${step === 0 ? String(Math.round(size)) : formatSignificant(size)} ${names[step]}`;
}

const steps: Record<Language, readonly (readonly [number, string])[]> = {
  ko: [
    [1e12, '조'],
    [1e8, '억'],
    [1e4, '만'],
  ],
  en: [
    [1e12, ' T'],
    [1e9, ' G'],
    [1e6, ' M'],
    [1e4, ' k'],
  ],
};

/** Large counts in the words of the language; below ten thousand the plain number. */
export function formatCompact(value: number, language: Language): string {
  const size = Math.abs(value);
  const step = steps[language].find(([from]) => size >= from);
  if (step === undefined) return grouped.format(value);
  const unit = step[1] === ' k' ? 1000 : step[0];
  return `${formatSignificant(value / unit)}${step[1]}`;
}
