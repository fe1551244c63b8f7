export type EngineKind = 'MergeTree' | 'ReplacingMergeTree' | 'AggregatingMergeTree';

/** What differs between one node and a replicated cluster in a `CREATE TABLE`. */
export interface EngineDialect {
  /** The `ENGINE = …` expression of a table. */
  engine(kind: EngineKind, table: string, parameters?: string): string;
  /** Table settings that make an insert's deduplication token remembered. */
  readonly deduplication: string;
  /** Appended to DDL, such as ` ON CLUSTER '{cluster}'`. */
  readonly onCluster: string;
}

/** Tokens a table remembers: at one insert a second, somewhat less than three hours; watermarks take over beyond. */
const TOKENS = 10_000;

export const singleNode: EngineDialect = {
  engine: (kind, _table, parameters = '') => `${kind}(${parameters})`,
  deduplication: `non_replicated_deduplication_window = ${TOKENS}`,
  onCluster: '',
};

/** Tables on every replica of a cluster of one shard; its servers bring the macros `{shard}` and `{replica}`. */
export const replicated = (cluster: string): EngineDialect => ({
  engine: (kind, table, parameters = '') =>
    `Replicated${kind}('/clickhouse/tables/{shard}/{database}/${table}', '{replica}'${parameters === '' ? '' : `, ${parameters}`})`,
  deduplication: `replicated_deduplication_window = ${TOKENS}, replicated_deduplication_window_seconds = 86400`,
  onCluster: ` ON CLUSTER '${cluster}'`,
});
