import type { Evidence } from '@airis/protocol';

/** A measured value as people read it: ratios as percent, bytes in GiB, parts of a second in ms, the rest with three significant digits. */
export function describeValue(value: number, unit: string | undefined): string {
  if (unit === '1') return `${significant(value * 100)} %`;
  if (unit === 'By') return describeBytes(value);
  if (unit === 's' && Math.abs(value) < 1 && value !== 0) return `${significant(value * 1000)} ms`;
  if (unit === 'By/s') return `${describeBytes(value)}/s`;
  const name = unit === undefined || unit.startsWith('{') ? '' : ` ${unit}`;
  return `${significant(value)}${name}`;
}

/** `system.cpu.utilization 98 % (5–30 %)`; null where nothing was measured. */
export function describeEvidence(item: Evidence): string | null {
  if (item.value === undefined) return null;
  const name = item.metric ?? item.ref;
  const usual = usualRange(item);
  return `${name} ${describeValue(item.value, item.unit)}${usual === null ? '' : ` (${usual})`}`;
}

/** A range of one point is said as one value. */
function usualRange({ expectedLow, expectedHigh, unit }: Evidence): string | null {
  if (expectedLow === undefined || expectedHigh === undefined) return null;
  const [low, high] = [describeValue(expectedLow, unit), describeValue(expectedHigh, unit)];
  return low === high ? low : `${low} – ${high}`;
}

function describeBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let index = 0;
  while (Math.abs(value) >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  return `${significant(value)} ${units[index]}`;
}

const significant = (value: number): string =>
  value.toLocaleString('en-US', { maximumSignificantDigits: 3, useGrouping: true });
