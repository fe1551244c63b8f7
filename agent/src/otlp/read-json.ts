import {
  MAX_DEPTH,
  msOf,
  type OtlpAttributes,
  type OtlpGroup,
  type OtlpLog,
  type OtlpMetric,
  type OtlpPoint,
  type OtlpSpan,
  type Scalar,
} from './otlp-data.ts';
import { MalformedOtlp } from './protobuf-reader.ts';

/** OTLP's JSON: names in camelCase, 64-bit numbers as text or number, ids in hex. Unknown names are passed over. */
export const readTraces = (body: Uint8Array): OtlpGroup<OtlpSpan>[] =>
  groups(body, 'resourceSpans', 'scopeSpans', 'spans', readSpan);
export const readMetrics = (body: Uint8Array): OtlpGroup<OtlpMetric>[] =>
  groups(body, 'resourceMetrics', 'scopeMetrics', 'metrics', readMetric);
export const readLogs = (body: Uint8Array): OtlpGroup<OtlpLog>[] =>
  groups(body, 'resourceLogs', 'scopeLogs', 'logRecords', readLog);

type Fields = Readonly<Record<string, unknown>>;

function groups<T>(
  body: Uint8Array,
  ofResource: string,
  ofScope: string,
  ofItem: string,
  readItem: (item: Fields) => T,
): OtlpGroup<T>[] {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new MalformedOtlp('the body is not JSON', { cause });
  }
  return list(fields(document), ofResource).map((group) => ({
    resource: attributesOf(fields(group.resource ?? {})),
    items: list(group, ofScope).flatMap((scope) => list(scope, ofItem).map(readItem)),
  }));
}

function readSpan(span: Fields): OtlpSpan {
  return {
    traceId: hexId(span.traceId, 32),
    spanId: hexId(span.spanId, 16),
    parentSpanId: hexId(span.parentSpanId, 16),
    name: text(span.name),
    kind: number(span.kind) ?? 0,
    startMs: msOf(number(span.startTimeUnixNano) ?? 0),
    endMs: msOf(number(span.endTimeUnixNano) ?? 0),
    attributes: attributesOf(span),
    isError: number(fields(span.status ?? {}).code) === 2,
  };
}

function readMetric(metric: Fields): OtlpMetric {
  const forms = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;
  const form = forms.find((name) => metric[name] !== undefined && metric[name] !== null);
  const data = form === undefined ? {} : fields(metric[form]);
  const hasCounts = form !== undefined && form !== 'gauge' && form !== 'sum';
  return {
    name: text(metric.name),
    unit: text(metric.unit),
    description: text(metric.description),
    kind: form === undefined ? 'other' : form === 'gauge' || form === 'sum' ? form : 'histogram',
    isMonotonic: hasCounts || (form === 'sum' && data.isMonotonic === true),
    isDelta: form !== 'gauge' && form !== 'summary' && number(data.aggregationTemporality) === 1,
    points: list(data, 'dataPoints').map((point) => readPoint(point, form === 'histogram')),
  };
}

const readPoint = (point: Fields, hasBuckets: boolean): OtlpPoint => ({
  startMs: msOf(number(point.startTimeUnixNano) ?? 0),
  attributes: attributesOf(point),
  value: number(point.asDouble ?? point.asInt),
  count: number(point.count) ?? 0,
  sum: number(point.sum),
  buckets: hasBuckets ? numbers(point.bucketCounts) : [],
  bounds: hasBuckets ? numbers(point.explicitBounds) : [],
});

function readLog(log: Fields): OtlpLog {
  const said = number(log.timeUnixNano) ?? 0;
  return {
    timeMs: msOf(said === 0 ? (number(log.observedTimeUnixNano) ?? 0) : said),
    severity: number(log.severityNumber) ?? 0,
    text: bodyText(log.body),
    attributes: attributesOf(log),
  };
}

function bodyText(body: unknown): string {
  if (body === undefined || body === null) return '';
  const value = plain(fields(body), 0);
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What an `AnyValue` says. */
function plain(any: Fields, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new MalformedOtlp(`values within values, more than ${MAX_DEPTH} deep`);
  const scalar = scalarOf(any);
  if (scalar !== null) return scalar;
  if (any.arrayValue !== undefined) {
    return list(fields(any.arrayValue), 'values').map((value) => plain(value, depth + 1));
  }
  if (any.kvlistValue === undefined) return null;
  const pairs = list(fields(any.kvlistValue), 'values');
  return Object.fromEntries(pairs.map((pair) => [text(pair.key), plain(fields(pair.value ?? {}), depth + 1)]));
}

function scalarOf(any: Fields): Scalar | null {
  if (typeof any.stringValue === 'string') return any.stringValue;
  if (typeof any.boolValue === 'boolean') return any.boolValue;
  return number(any.intValue ?? any.doubleValue);
}

function attributesOf(of: Fields): OtlpAttributes {
  const attributes = new Map<string, Scalar>();
  for (const pair of list(of, 'attributes')) {
    const value = scalarOf(fields(pair.value ?? {}));
    if (value !== null) attributes.set(text(pair.key), value);
  }
  return attributes;
}

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedOtlp('something that is no object where one belongs');
  }
  return value as Fields;
}

function list(of: Fields, name: string): Fields[] {
  const values = of[name] ?? [];
  if (!Array.isArray(values)) throw new MalformedOtlp(`${name} is no list`);
  return values.map(fields);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function number(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return value;
  const isNumber = typeof value === 'string' && /^(?:-?\d[\d.eE+-]{0,39}|NaN|-?Infinity)$/.test(value);
  if (!isNumber) throw new MalformedOtlp('something that is no number where one belongs');
  return Number(value);
}

function numbers(values: unknown): number[] {
  if (values === undefined || values === null) return [];
  if (!Array.isArray(values)) throw new MalformedOtlp('something that is no list of numbers where one belongs');
  return values.map((value) => number(value) ?? 0);
}

function hexId(value: unknown, length: number): string {
  if (value === undefined || value === null || value === '') return '';
  const isId = typeof value === 'string' && value.length === length && /^[0-9a-f]+$/i.test(value);
  if (!isId) throw new MalformedOtlp(`an id is not ${length} hex digits`);
  return value.toLowerCase();
}
