import {
  MAX_DEPTH,
  msOf,
  noAttributes,
  type OtlpAttributes,
  type OtlpGroup,
  type OtlpLog,
  type OtlpMetric,
  type OtlpPoint,
  type OtlpSpan,
  type Scalar,
} from './otlp-data.ts';
import { MalformedOtlp, ProtobufReader } from './protobuf-reader.ts';

/**
 * Field numbers are those of opentelemetry-proto 1.x (`trace/v1/trace.proto`, `metrics/v1/metrics.proto`,
 * `logs/v1/logs.proto`, `common/v1/common.proto`); every other field is passed over.
 */
export const readTraces = (body: Uint8Array): OtlpGroup<OtlpSpan>[] => groups(body, readSpan);
export const readMetrics = (body: Uint8Array): OtlpGroup<OtlpMetric>[] => groups(body, readMetric);
export const readLogs = (body: Uint8Array): OtlpGroup<OtlpLog>[] => groups(body, readLog);

type Any = Scalar | readonly Any[] | { readonly [key: string]: Any } | null;

/** `ResourceSpans`, `ResourceMetrics` and `ResourceLogs` have one shape: 1 resource, 2 scopes, of which 2 are the items. */
function groups<T>(body: Uint8Array, readItem: (reader: ProtobufReader) => T): OtlpGroup<T>[] {
  const found: OtlpGroup<T>[] = [];
  const request = new ProtobufReader(body);
  for (let field = request.next(); field !== 0; field = request.next()) {
    if (field !== 1) {
      request.skip();
      continue;
    }
    const group = request.message();
    let resource = noAttributes;
    const items: T[] = [];
    for (let part = group.next(); part !== 0; part = group.next()) {
      if (part === 1) resource = readResource(group.message());
      else if (part === 2) readScope(group.message(), readItem, items);
      else group.skip();
    }
    found.push({ resource, items });
  }
  return found;
}

function readScope<T>(scope: ProtobufReader, readItem: (reader: ProtobufReader) => T, items: T[]): void {
  for (let field = scope.next(); field !== 0; field = scope.next()) {
    if (field === 2) items.push(readItem(scope.message()));
    else scope.skip();
  }
}

function readResource(resource: ProtobufReader): OtlpAttributes {
  const attributes = new Map<string, Scalar>();
  for (let field = resource.next(); field !== 0; field = resource.next()) {
    if (field === 1) readKeyValue(resource.message(), attributes);
    else resource.skip();
  }
  return attributes;
}

function readSpan(span: ProtobufReader): OtlpSpan {
  const attributes = new Map<string, Scalar>();
  let traceId = '';
  let spanId = '';
  let parentSpanId = '';
  let name = '';
  let kind = 0;
  let startMs = 0;
  let endMs = 0;
  let isError = false;
  for (let field = span.next(); field !== 0; field = span.next()) {
    if (field === 1) traceId = hexId(span.bytes(), 16);
    else if (field === 2) spanId = hexId(span.bytes(), 8);
    else if (field === 4) parentSpanId = hexId(span.bytes(), 8);
    else if (field === 5) name = span.text();
    else if (field === 6) kind = span.uint();
    else if (field === 7) startMs = msOf(span.fixed64());
    else if (field === 8) endMs = msOf(span.fixed64());
    else if (field === 9) readKeyValue(span.message(), attributes);
    else if (field === 15) isError = readStatus(span.message());
    else span.skip();
  }
  return { traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, isError };
}

function readStatus(status: ProtobufReader): boolean {
  let code = 0;
  for (let field = status.next(); field !== 0; field = status.next()) {
    if (field === 3) code = status.uint();
    else status.skip();
  }
  return code === 2;
}

function readMetric(metric: ProtobufReader): OtlpMetric {
  const data = { kind: 'other' as OtlpMetric['kind'], isMonotonic: false, isDelta: false, points: [] as OtlpPoint[] };
  let name = '';
  let unit = '';
  let description = '';
  for (let field = metric.next(); field !== 0; field = metric.next()) {
    if (field === 1) name = metric.text();
    else if (field === 2) description = metric.text();
    else if (field === 3) unit = metric.text();
    // 10 is an exponential histogram, 11 a summary: of these only count and sum are kept.
    else if (field === 5 || field === 7 || (field >= 9 && field <= 11)) {
      data.kind = field === 5 ? 'gauge' : field === 7 ? 'sum' : 'histogram';
      data.isMonotonic = field > 7;
      readData(metric.message(), field, data);
    } else metric.skip();
  }
  return { name, unit, description, ...data };
}

function readData(
  message: ProtobufReader,
  kind: number,
  data: { isMonotonic: boolean; isDelta: boolean; points: OtlpPoint[] },
): void {
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1)
      data.points.push(kind < 9 ? readNumber(message.message()) : readHistogram(message.message(), kind));
    else if (field === 2 && kind !== 5 && kind !== 11) data.isDelta = message.uint() === 1;
    else if (field === 3 && kind === 7) data.isMonotonic = message.uint() !== 0;
    else message.skip();
  }
}

const emptyPoint = { count: 0, sum: null, buckets: [], bounds: [] };

function readNumber(point: ProtobufReader): OtlpPoint {
  const attributes = new Map<string, Scalar>();
  let startMs = 0;
  let value: number | null = null;
  for (let field = point.next(); field !== 0; field = point.next()) {
    if (field === 2) startMs = msOf(point.fixed64());
    else if (field === 4) value = point.double();
    else if (field === 6) value = point.sfixed64();
    else if (field === 7) readKeyValue(point.message(), attributes);
    else point.skip();
  }
  return { ...emptyPoint, startMs, attributes, value };
}

/** `HistogramDataPoint` (9), `ExponentialHistogramDataPoint` (10) and `SummaryDataPoint` (11). */
function readHistogram(point: ProtobufReader, kind: number): OtlpPoint {
  const attributesField = kind === 9 ? 9 : kind === 10 ? 1 : 7;
  const attributes = new Map<string, Scalar>();
  let startMs = 0;
  let count = 0;
  let sum: number | null = null;
  const buckets: number[] = [];
  const bounds: number[] = [];
  for (let field = point.next(); field !== 0; field = point.next()) {
    if (field === attributesField) readKeyValue(point.message(), attributes);
    else if (field === 2) startMs = msOf(point.fixed64());
    else if (field === 4) count = point.fixed64();
    else if (field === 5) sum = point.double();
    else if (field === 6 && kind === 9) for (const bucket of point.packed64('fixed64')) buckets.push(bucket);
    else if (field === 7 && kind === 9) for (const bound of point.packed64('double')) bounds.push(bound);
    else point.skip();
  }
  return { startMs, attributes, value: null, count, sum, buckets, bounds };
}

function readLog(log: ProtobufReader): OtlpLog {
  const attributes = new Map<string, Scalar>();
  let saidMs = 0;
  let observedMs = 0;
  let severity = 0;
  let text = '';
  for (let field = log.next(); field !== 0; field = log.next()) {
    if (field === 1) saidMs = msOf(log.fixed64());
    else if (field === 11) observedMs = msOf(log.fixed64());
    else if (field === 2) severity = log.uint();
    else if (field === 5) text = textOf(readAny(log.message(), 0));
    else if (field === 6) readKeyValue(log.message(), attributes);
    else log.skip();
  }
  return { timeMs: saidMs === 0 ? observedMs : saidMs, severity, text, attributes };
}

const textOf = (value: Any): string =>
  typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);

/** Lists and maps among attributes are left out: nothing here reads them. */
function readKeyValue(pair: ProtobufReader, into: Map<string, Scalar>): void {
  let key = '';
  let value: Any = null;
  for (let field = pair.next(); field !== 0; field = pair.next()) {
    if (field === 1) key = pair.text();
    else if (field === 2) value = readAny(pair.message(), 0);
    else pair.skip();
  }
  if (value !== null && typeof value !== 'object') into.set(key, value);
}

function readAny(any: ProtobufReader, depth: number): Any {
  if (depth > MAX_DEPTH) throw new MalformedOtlp(`values within values, more than ${MAX_DEPTH} deep`);
  let value: Any = null;
  for (let field = any.next(); field !== 0; field = any.next()) {
    if (field === 1) value = any.text();
    else if (field === 2) value = any.uint() !== 0;
    else if (field === 3) value = any.int();
    else if (field === 4) value = any.double();
    else if (field === 5) value = readList(any.message(), depth);
    else if (field === 6) value = readMap(any.message(), depth);
    else any.skip();
  }
  return value;
}

function readList(list: ProtobufReader, depth: number): Any {
  const values: Any[] = [];
  for (let field = list.next(); field !== 0; field = list.next()) {
    if (field === 1) values.push(readAny(list.message(), depth + 1));
    else list.skip();
  }
  return values;
}

function readMap(map: ProtobufReader, depth: number): Any {
  const entries: [string, Any][] = [];
  for (let field = map.next(); field !== 0; field = map.next()) {
    if (field !== 1) {
      map.skip();
      continue;
    }
    const pair = map.message();
    let key = '';
    let value: Any = null;
    for (let part = pair.next(); part !== 0; part = pair.next()) {
      if (part === 1) key = pair.text();
      else if (part === 2) value = readAny(pair.message(), depth + 1);
      else pair.skip();
    }
    entries.push([key, value]);
  }
  return Object.fromEntries(entries);
}

function hexId(bytes: Uint8Array, length: number): string {
  if (bytes.length === 0) return '';
  if (bytes.length !== length) throw new MalformedOtlp(`an id of ${bytes.length} bytes, not ${length}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('hex');
}
