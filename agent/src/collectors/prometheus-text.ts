import type { MetricInfo } from './collector.ts';

/** One sample of a page; labels as they are written there. */
export interface PrometheusSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const MAX_SAMPLES = 2_000;
const MAX_LABELS = 16;
const MAX_LINE = 4_000;

const PLAIN_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const QUOTED = /^"((?:[^"\\]|\\.){0,300})"/;
const VALUE = /^\s+([+-]?(?:Inf|NaN|\d[\d.eE+-]*|\.\d[\deE+-]*))(?:\s+-?\d+(?:\.\d+)?)?\s*(?:#.*)?$/i;

/**
 * Samples of a page in Prometheus' text format, also with the quoted names of Prometheus 3
 * (`{"db.client.connection.count","state"="used"} 3`). Times (milliseconds, in OpenMetrics seconds with
 * decimals) do not matter: a page says what is now. Lines that are none are passed over; the first 2,000 samples count.
 */
export function parsePrometheus(text: string): PrometheusSample[] {
  const samples: PrometheusSample[] = [];
  for (const line of text.split('\n')) {
    if (samples.length >= MAX_SAMPLES) break;
    if (line === '' || line.startsWith('#') || line.length > MAX_LINE) continue;
    const sample = parseLine(line.trim());
    if (sample !== null) samples.push(sample);
  }
  return samples;
}

/** What a page says its metrics are: `counter`, `gauge`, `histogram`, `summary`; by name, the first 2,000. */
export function parsePrometheusKinds(text: string): Map<string, string> {
  const kinds = new Map<string, string>();
  for (const [, name, kind] of text.matchAll(/^# TYPE "?([^\s"]{1,200})"? ([a-z]{1,20})\s*$/gm)) {
    if (kinds.size >= MAX_SAMPLES) break;
    kinds.set(name!, kind!);
  }
  return kinds;
}

/**
 * A sample of a metric that AIRIS-MON does not know, as a metric of its own. Counts and sums of histograms and summaries
 * are counters; `null` for their buckets, which would be a series each, and for when a counter was made.
 */
export function customMetric(
  sample: string,
  kinds: ReadonlyMap<string, string>,
): { readonly name: string; readonly info: MetricInfo } | null {
  const family = sample.replace(/_(?:total|count|sum|bucket|created)$/, '');
  const kind = kinds.get(sample) ?? kinds.get(family) ?? 'untyped';
  const hasParts = kind === 'histogram' || kind === 'summary';
  if (sample !== family && /_(?:bucket|created)$/.test(sample) && kind !== 'gauge') return null;
  const isCounter = kind === 'counter' || (hasParts && /_(?:count|sum)$/.test(sample));
  const unit = hasParts && sample.endsWith('_count') ? '{event}' : unitOf(family);
  const name = sample.replaceAll(':', '_');
  return { name, info: { unit, kind: isCounter ? 'counter' : 'gauge', about: `${kind} of a metrics page` } };
}

/** Prometheus names end in the unit. */
function unitOf(family: string): string {
  if (family.endsWith('_seconds')) return 's';
  return family.endsWith('_bytes') ? 'By' : '{value}';
}

function parseLine(line: string): PrometheusSample | null {
  let rest = line;
  let name = PLAIN_NAME.exec(rest)?.[0] ?? null;
  if (name !== null) rest = rest.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    const inside = readLabels(rest.slice(1), labels);
    if (inside === null) return null;
    name ??= inside.name;
    rest = inside.rest;
  }
  const value = VALUE.exec(rest)?.[1];
  return name === null || value === undefined ? null : { name, labels, value: numberOf(value) };
}

/** What stands between the braces; a quoted word without a value is the metric's name. */
function readLabels(text: string, labels: Record<string, string>): { name: string | null; rest: string } | null {
  let rest = text.trimStart();
  let name: string | null = null;
  for (let i = 0; i <= MAX_LABELS && !rest.startsWith('}'); i++) {
    const quoted = QUOTED.exec(rest);
    const key = quoted === null ? PLAIN_NAME.exec(rest)?.[0] : unescaped(quoted[1] ?? '');
    if (key === undefined) return null;
    rest = rest.slice(quoted === null ? key.length : quoted[0].length).trimStart();
    if (rest.startsWith('=')) {
      const value = QUOTED.exec(rest.slice(1).trimStart());
      if (value === null) return null;
      labels[key] = unescaped(value[1] ?? '');
      rest = rest.slice(1).trimStart().slice(value[0].length).trimStart();
    } else if (quoted !== null && name === null) name = key;
    else return null;
    if (rest.startsWith(',')) rest = rest.slice(1).trimStart();
  }
  return rest.startsWith('}') ? { name, rest: rest.slice(1) } : null;
}

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, after: string) => (after === 'n' ? '\n' : after));

function numberOf(text: string): number {
  const value = Number(text);
  if (!Number.isNaN(value)) return value;
  return /inf/i.test(text) ? (text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : Number.NaN;
}
