import type { Column } from './column.ts';

/** One kind of telemetry: its name is the last token of the subject, its columns are the same from edge to disk. */
export interface Signal {
  readonly name: SignalName;
  /** Raised when columns change; the hub reads the current and the previous one. */
  readonly version: number;
  readonly columns: readonly Column[];
  /** Column that says when the row happened, checked against the hub's clock; `null` for timeless rows. */
  readonly timeColumn: string | null;
  /** Column with the length of a step in ms, from 1 to MAX_STEP_MS; `null` where rows have none. */
  readonly stepColumn: string | null;
  /** How the lists of a row belong together; `null` without lists. */
  readonly lists: ListRule | null;
}

/** `base` is never empty; each of `others` has its length plus `extra`, or none where `mayBeEmpty`. */
export interface ListRule {
  readonly base: string;
  readonly others: readonly string[];
  readonly extra: number;
  readonly mayBeEmpty: boolean;
  /** `time`: one element a step, so that the row ends `length - 1` steps after its time. */
  readonly along: 'time' | 'value';
}

export type SignalName =
  | 'series'
  | 'block'
  | 'point'
  | 'histogram'
  | 'exemplar'
  | 'log'
  | 'template'
  | 'transaction'
  | 'span';

/** Columns the hub adds to every row of a joined insert; no agent can set them. */
export const hubColumns: readonly Column[] = [
  { name: 'agent', type: 'uint32' },
  { name: 'receivedAt', type: 'timestampMs' },
];

/** A series is announced once an epoch, and again when the hub asks: resource + metric + attributes, with unit and kind. */
const series: Signal = {
  name: 'series',
  version: 1,
  timeColumn: null,
  stepColumn: null,
  lists: null,
  columns: [
    { name: 'seriesId', type: 'uint64' },
    { name: 'metric', type: 'utf8' },
    { name: 'kind', type: 'utf8' },
    { name: 'unit', type: 'utf8' },
    /** Canonical JSON objects of string to string, keys sorted. */
    { name: 'resource', type: 'utf8' },
    { name: 'attributes', type: 'utf8' },
  ],
};

/** Values of one series at a fixed step. `min` and `max` are empty at full resolution; NaN in `mean` is a gap. */
const block: Signal = {
  name: 'block',
  version: 1,
  timeColumn: 't0',
  stepColumn: 'stepMs',
  lists: { base: 'mean', others: ['min', 'max'], extra: 0, mayBeEmpty: true, along: 'time' },
  columns: [
    { name: 'seriesId', type: 'uint64' },
    { name: 't0', type: 'timestampMs' },
    { name: 'stepMs', type: 'uint32' },
    { name: 'mean', type: 'listFloat64' },
    { name: 'min', type: 'listFloat64' },
    { name: 'max', type: 'listFloat64' },
  ],
};

const point: Signal = {
  name: 'point',
  version: 1,
  timeColumn: 't',
  stepColumn: null,
  lists: null,
  columns: [
    { name: 'seriesId', type: 'uint64' },
    { name: 't', type: 'timestampMs' },
    { name: 'value', type: 'float64' },
  ],
};

/** `counts` has one more than `bounds`: the last counts what lies above them all. */
const histogram: Signal = {
  name: 'histogram',
  version: 1,
  timeColumn: 't0',
  stepColumn: 'stepMs',
  lists: { base: 'bounds', others: ['counts'], extra: 1, mayBeEmpty: false, along: 'value' },
  columns: [
    { name: 'seriesId', type: 'uint64' },
    { name: 't0', type: 'timestampMs' },
    { name: 'stepMs', type: 'uint32' },
    { name: 'bounds', type: 'listFloat64' },
    { name: 'counts', type: 'listFloat64' },
    { name: 'sum', type: 'float64' },
  ],
};

const exemplar: Signal = {
  name: 'exemplar',
  version: 1,
  timeColumn: 't',
  stepColumn: null,
  lists: null,
  columns: [
    { name: 'seriesId', type: 'uint64' },
    { name: 't', type: 'timestampMs' },
    { name: 'value', type: 'float64' },
    { name: 'traceId', type: 'utf8' },
    { name: 'spanId', type: 'utf8' },
  ],
};

/** A line that may leave the host: general source, masked. */
const log: Signal = {
  name: 'log',
  version: 1,
  timeColumn: 't',
  stepColumn: null,
  lists: null,
  columns: [
    { name: 't', type: 'timestampMs' },
    { name: 'source', type: 'utf8' },
    /** OpenTelemetry severity number, 0 where unknown. */
    { name: 'severity', type: 'uint8' },
    { name: 'templateId', type: 'uint64' },
    { name: 'body', type: 'utf8' },
  ],
};

/** How often each template was seen in a window, private sources included; the text is masked. */
const template: Signal = {
  name: 'template',
  version: 1,
  timeColumn: 't0',
  stepColumn: 'stepMs',
  lists: null,
  columns: [
    { name: 'templateId', type: 'uint64' },
    { name: 't0', type: 'timestampMs' },
    { name: 'stepMs', type: 'uint32' },
    { name: 'source', type: 'utf8' },
    { name: 'severity', type: 'uint8' },
    { name: 'count', type: 'uint32' },
    /** Masked template; empty while fewer than 20 distinct lines of a private source were seen. */
    { name: 'text', type: 'utf8' },
  ],
};

/** Set in `flags` of a transaction that failed: status 5xx, or the client saw no answer. */
export const TRANSACTION_ERROR = 1;

/** One request that a service has answered, from its access log: a dot of the X-View. */
const transaction: Signal = {
  name: 'transaction',
  version: 1,
  timeColumn: 't',
  stepColumn: null,
  lists: null,
  columns: [
    /** When it ended. */
    { name: 't', type: 'timestampMs' },
    { name: 'elapsedMs', type: 'float64' },
    /** HTTP status; 0 where there was none. */
    { name: 'status', type: 'uint32' },
    { name: 'flags', type: 'uint8' },
    /** Entity that answered: `service:shop-was`. */
    { name: 'service', type: 'utf8' },
    /** Method and shape of the path: `GET /orders/{}`. */
    { name: 'route', type: 'utf8' },
    /** W3C trace context in hex; empty where the log has none. */
    { name: 'traceId', type: 'utf8' },
    { name: 'spanId', type: 'utf8' },
    { name: 'parentSpanId', type: 'utf8' },
    /** `address:port` of what it waited for longest, empty for none; and for how long, -1 for none. */
    { name: 'peer', type: 'utf8' },
    { name: 'peerElapsedMs', type: 'float64' },
  ],
};

/** Set in `flags` of a span that failed. */
export const SPAN_ERROR = 1;

/** Part of a trace that the host chose to send, or was asked for. */
const span: Signal = {
  name: 'span',
  version: 1,
  timeColumn: 't',
  stepColumn: null,
  lists: null,
  columns: [
    /** When it ended. */
    { name: 't', type: 'timestampMs' },
    { name: 'elapsedMs', type: 'float64' },
    /** As OpenTelemetry: 1 internal, 2 server, 3 client, 4 producer, 5 consumer; 0 where not said. */
    { name: 'kind', type: 'uint8' },
    { name: 'flags', type: 'uint8' },
    /** Why its trace was kept: `error`, `slow`, `share`; empty in an answer. */
    { name: 'why', type: 'utf8' },
    /** Entity that spent the time: `service:shop-was`. */
    { name: 'service', type: 'utf8' },
    /** Route, statement without literals, or masked name. */
    { name: 'name', type: 'utf8' },
    { name: 'traceId', type: 'utf8' },
    { name: 'spanId', type: 'utf8' },
    { name: 'parentSpanId', type: 'utf8' },
    /** `address:port` of the called side of a client span, empty for none. */
    { name: 'peer', type: 'utf8' },
  ],
};

export const signals: Readonly<Record<SignalName, Signal>> = {
  series,
  block,
  point,
  histogram,
  exemplar,
  log,
  template,
  transaction,
  span,
};

/** `block/1`: what the schema header says. */
export const schemaName = ({ name, version }: Signal): string => `${name}/${version}`;
