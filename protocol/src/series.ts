import { z } from 'zod';
import { textAt } from './arrow/column.ts';
import { encodeBatch, utf8Column } from './arrow/encode.ts';
import type { OpenBatch } from './arrow/open.ts';
import { signals } from './arrow/signal.ts';
import {
  MAX_ATTRIBUTE_KEY_LENGTH,
  MAX_ATTRIBUTE_VALUE_LENGTH,
  MAX_ATTRIBUTES_PER_SERIES,
  MAX_METRIC_LENGTH,
  MAX_UNIT_LENGTH,
} from './limits.ts';
import { ok, type Result, refused } from './result.ts';
import { type Attributes, canonicalAttributes, type MetricKind, type SeriesIdentity, seriesId } from './series-id.ts';

/** A row of the `series` signal as sent; attributes are canonical JSON. */
export interface SeriesRow {
  readonly seriesId: bigint;
  readonly metric: string;
  readonly kind: string;
  readonly unit: string;
  readonly resource: string;
  readonly attributes: string;
}

/** A series whose id was computed anew from all that it says. */
export interface Series extends SeriesIdentity {
  readonly id: bigint;
}

export type SeriesRefusal =
  | 'bad-metric'
  | 'bad-kind'
  | 'bad-unit'
  | 'bad-attributes'
  | 'too-many-attributes'
  | 'attribute-too-long'
  | 'wrong-id';

/** The announcement of these series, uncompressed. At least one, at most MAX_BATCH_ROWS. */
export function seriesBatch(identities: readonly SeriesIdentity[]): Uint8Array {
  const texts = (of: (identity: SeriesIdentity) => string) => utf8Column(identities.map(of));
  return encodeBatch(
    signals.series,
    [
      BigUint64Array.from(identities, seriesId),
      texts((identity) => identity.metric),
      texts((identity) => identity.kind),
      texts((identity) => identity.unit),
      texts((identity) => canonicalAttributes(identity.resource)),
      texts((identity) => canonicalAttributes(identity.attributes)),
    ],
    identities.length,
  );
}

/** Whether a series may be announced: bounds only, as both sides see them. */
export function checkSeriesIdentity(identity: SeriesIdentity): Result<SeriesIdentity, SeriesRefusal> {
  if (!metricPattern.test(identity.metric)) return refused('bad-metric', identity.metric.slice(0, 100));
  if (identity.unit.length > MAX_UNIT_LENGTH) return refused('bad-unit', `${identity.unit.length} characters`);
  for (const attributes of [identity.resource, identity.attributes]) {
    const entries = Object.entries(attributes);
    if (entries.length > MAX_ATTRIBUTES_PER_SERIES) return refused('too-many-attributes', `${entries.length}`);
    for (const [key, value] of entries) {
      // Readers drop it, so it would not come back.
      if (key === '__proto__') return refused('bad-attributes', key);
      const isTooLong = key.length > MAX_ATTRIBUTE_KEY_LENGTH || value.length > MAX_ATTRIBUTE_VALUE_LENGTH;
      if (isTooLong || key === '') return refused('attribute-too-long', key.slice(0, 100));
    }
  }
  return ok(identity);
}

/** Reads one announced row: within bounds, attributes canonical, and the id that which the rest gives. */
export function checkSeriesRow(row: SeriesRow): Result<Series, SeriesRefusal> {
  if (!isMetricKind(row.kind)) return refused('bad-kind', row.kind.slice(0, 100));
  const resource = parseAttributes(row.resource);
  const attributes = parseAttributes(row.attributes);
  if (resource === null || attributes === null) return refused('bad-attributes', row.metric.slice(0, 100));
  const identity: SeriesIdentity = { metric: row.metric, kind: row.kind, unit: row.unit, resource, attributes };
  const checked = checkSeriesIdentity(identity);
  if (!checked.ok) return checked;
  const id = seriesId(identity);
  if (id !== row.seriesId) return refused('wrong-id', `${row.metric.slice(0, 100)}: said ${row.seriesId}, is ${id}`);
  return ok({ id, ...identity });
}

/** The rows of an opened `series` batch. */
export function* seriesRows(batch: OpenBatch): Generator<SeriesRow> {
  const ids = batch.column('seriesId', 'uint64');
  const [metric, kind, unit, resource, attributes] = (
    ['metric', 'kind', 'unit', 'resource', 'attributes'] as const
  ).map((name) => batch.column(name, 'utf8'));
  for (let row = 0; row < batch.rows; row++) {
    yield {
      seriesId: ids[row]!,
      metric: textAt(metric!, row),
      kind: textAt(kind!, row),
      unit: textAt(unit!, row),
      resource: textAt(resource!, row),
      attributes: textAt(attributes!, row),
    };
  }
}

/** As OpenTelemetry's instrument names, a little shorter: a letter, then letters, digits and `_ . - /`. */
const metricPattern = new RegExp(`^[A-Za-z][A-Za-z0-9_.\\-/]{0,${MAX_METRIC_LENGTH - 1}}$`);

const isMetricKind = (kind: string): kind is MetricKind => kind === 'gauge' || kind === 'counter';

const attributesSchema = z.record(z.string(), z.string());
/** Text of all attributes at their longest, every character escaped. */
const MAX_ATTRIBUTES_TEXT = MAX_ATTRIBUTES_PER_SERIES * 6 * (MAX_ATTRIBUTE_KEY_LENGTH + MAX_ATTRIBUTE_VALUE_LENGTH + 1);

/** `null` where the text is not the canonical JSON of an object of strings. */
function parseAttributes(text: string): Attributes | null {
  if (text.length > MAX_ATTRIBUTES_TEXT) return null;
  try {
    const parsed = attributesSchema.safeParse(JSON.parse(text));
    return parsed.success && canonicalAttributes(parsed.data) === text ? parsed.data : null;
  } catch {
    return null;
  }
}
