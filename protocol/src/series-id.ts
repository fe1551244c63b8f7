import { createHash } from 'node:crypto';

export type Attributes = Readonly<Record<string, string>>;
export type MetricKind = 'gauge' | 'counter';

/** What makes a series itself. Counters travel as increase per second over the step, so `mean * step` is the increase. */
export interface SeriesIdentity {
  readonly metric: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly resource: Attributes;
  readonly attributes: Attributes;
}

/** JSON object with keys in order of their UTF-16 units: one text for one meaning. Not by way of an object, which puts `10` before `9a`. */
export function canonicalAttributes(attributes: Attributes): string {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
}

/** First 64 bits of SHA-256 over the identity; collisions are unlikely below 10^8 series and are checked at announcement. */
export function seriesId(identity: SeriesIdentity): bigint {
  const text = [
    identity.metric,
    identity.kind,
    identity.unit,
    canonicalAttributes(identity.resource),
    canonicalAttributes(identity.attributes),
  ].join('\u0000');
  return createHash('sha256').update(text).digest().readBigUInt64LE(0);
}

export const formatSeriesId = (id: bigint): string => id.toString(16).padStart(16, '0');
