import { type Column, type ColumnType, hubColumns, type SignalName, signals } from '@airis/protocol';
import type { EngineDialect, EngineKind } from './engine.ts';
import type { RetainedTable, Retention } from './retention.ts';

/** How a signal's table is laid out; its columns come from the protocol. */
interface Layout {
  readonly engine: EngineKind;
  readonly orderBy: string;
  /** Columns whose texts repeat: stored as numbers into a dictionary. */
  readonly lowCardinality: readonly string[];
  readonly indexes: readonly string[];
}

const plain = { engine: 'MergeTree', lowCardinality: [], indexes: [] } as const;

const layouts: Readonly<Record<SignalName, Layout>> = {
  series: {
    engine: 'ReplacingMergeTree',
    orderBy: 'agent, seriesId',
    lowCardinality: ['metric', 'kind', 'unit', 'resource'],
    indexes: [],
  },
  block: { ...plain, orderBy: 'agent, seriesId, t0' },
  point: { ...plain, orderBy: 'agent, seriesId, t' },
  histogram: { ...plain, orderBy: 'agent, seriesId, t0' },
  exemplar: { ...plain, orderBy: 'agent, seriesId, t' },
  log: {
    ...plain,
    orderBy: 'agent, t',
    lowCardinality: ['source'],
    indexes: [
      'INDEX time (t) TYPE minmax GRANULARITY 1',
      'INDEX words (body) TYPE tokenbf_v1(8192, 3, 0) GRANULARITY 1',
    ],
  },
  template: { ...plain, orderBy: 'agent, templateId, t0', lowCardinality: ['source', 'text'] },
  transaction: {
    ...plain,
    orderBy: 'service, t',
    lowCardinality: ['service', 'route', 'peer'],
    indexes: ['INDEX trace (traceId) TYPE bloom_filter(0.01) GRANULARITY 1'],
  },
  span: {
    ...plain,
    orderBy: 'service, t',
    lowCardinality: ['why', 'service', 'name', 'peer'],
    indexes: ['INDEX trace (traceId) TYPE bloom_filter(0.01) GRANULARITY 1'],
  },
};

/**
 * Every insert is on disk before it is acknowledged, and its token is remembered.
 *
 * The embedded engine merges with two threads: with ClickHouse's own reserve (8 free slots, 20 for mutations) it would
 * never merge large parts. A merge takes about ten parts of a size instead of five: each row is rewritten less often,
 * for some ten more parts to read. A part below 48 MiB, as one insert makes, keeps its columns in one file: it creates
 * and syncs a few files instead of thirty. What merges make is larger and has a file for each column, which questions
 * about few columns need: with 256 MiB they took half as long again.
 */
const durable = (dialect: EngineDialect) =>
  [
    dialect.deduplication,
    'fsync_after_insert = 1',
    'fsync_part_directory = 1',
    'number_of_free_entries_in_pool_to_lower_max_size_of_merge = 2',
    'number_of_free_entries_in_pool_to_execute_mutation = 2',
    'merge_selector_base = 10',
    'min_bytes_for_wide_part = 50331648',
  ].join(', ');

/** `CREATE TABLE` of a signal: its columns, then the hub's, each with the codec that suits its shape. */
export function signalTable(name: SignalName, dialect: EngineDialect, retention: Retention): string {
  const layout = layouts[name];
  const { columns, timeColumn } = signals[name];
  const lines = [
    ...[...columns, ...hubColumns].map((column) => columnLine(column, layout.lowCardinality.includes(column.name))),
    ...layout.indexes,
  ];
  const engine = dialect.engine(layout.engine, name, layout.engine === 'ReplacingMergeTree' ? 'receivedAt' : '');
  return [
    `CREATE TABLE IF NOT EXISTS ${name}${dialect.onCluster} (${lines.join(', ')})`,
    `ENGINE = ${engine}`,
    timeColumn === null ? '' : `PARTITION BY toYYYYMMDD(${timeColumn})`,
    `ORDER BY (${layout.orderBy})`,
    timeColumn === null ? '' : ttl(name as RetainedTable, retention),
    `SETTINGS ${durable(dialect)}, ttl_only_drop_parts = 1`,
  ].join(' ');
}

/** Time column of each table that ages. */
export const timeColumnOf = (table: RetainedTable): string => {
  if (table === 'block_1m' || table === 'block_1h') return 't';
  const { timeColumn } = signals[table];
  if (timeColumn === null) throw new Error(`${table} has no time column`);
  return timeColumn;
};

export const ttlExpression = (table: RetainedTable, retention: Retention): string =>
  `toDateTime(${timeColumnOf(table)}) + INTERVAL ${retention[table]} DAY DELETE`;

const ttl = (table: RetainedTable, retention: Retention): string => `TTL ${ttlExpression(table, retention)}`;

const types: Readonly<Record<ColumnType, string>> = {
  uint8: 'UInt8',
  uint32: 'UInt32',
  uint64: 'UInt64',
  float64: 'Float64',
  timestampMs: "DateTime64(3, 'UTC')",
  utf8: 'String',
  listFloat64: 'Array(Float64)',
};

const codecs: Readonly<Record<ColumnType, string>> = {
  uint8: 'ZSTD(1)',
  uint32: 'ZSTD(1)',
  uint64: 'ZSTD(1)',
  float64: 'Delta, ZSTD(1)',
  timestampMs: 'DoubleDelta, ZSTD(1)',
  utf8: 'ZSTD(1)',
  listFloat64: 'Delta, ZSTD(1)',
};

function columnLine(column: Column, isLowCardinality: boolean): string {
  const type = isLowCardinality ? `LowCardinality(${types[column.type]})` : types[column.type];
  return `${column.name} ${type} CODEC(${codecs[column.type]})`;
}

/**
 * A coarser resolution of `block`: per series and step the number of values, the seconds they stand for, their integral
 * over time (value × seconds, so that the mean is `integral / seconds` whatever steps were mixed), lowest and highest.
 */
export function rollupTable(name: 'block_1m' | 'block_1h', dialect: EngineDialect, retention: Retention): string {
  const sum = (type: string) => `SimpleAggregateFunction(sum, ${type})`;
  return [
    `CREATE TABLE IF NOT EXISTS ${name}${dialect.onCluster} (`,
    [
      'agent UInt32 CODEC(ZSTD(1))',
      'seriesId UInt64 CODEC(ZSTD(1))',
      "t DateTime('UTC') CODEC(DoubleDelta, LZ4)",
      `count ${sum('UInt64')} CODEC(LZ4)`,
      `seconds ${sum('Float64')} CODEC(LZ4)`,
      `integral ${sum('Float64')} CODEC(LZ4)`,
      'min SimpleAggregateFunction(min, Float64) CODEC(LZ4)',
      'max SimpleAggregateFunction(max, Float64) CODEC(LZ4)',
    ].join(', '),
    `) ENGINE = ${dialect.engine('AggregatingMergeTree', name)}`,
    `PARTITION BY ${name === 'block_1m' ? 'toYYYYMMDD(t)' : 'toYYYYMM(t)'}`,
    'ORDER BY (agent, seriesId, t)',
    ttl(name, retention),
    `SETTINGS ${durable(dialect)}, ttl_only_drop_parts = 1`,
  ].join(' ');
}
