import { type SignalName, signals } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { type EngineDialect, replicated, singleNode } from './engine.ts';
import { defaultRetention } from './retention.ts';
import { hourRollup, minuteRollup } from './rollup.ts';
import { rollupTable, signalTable } from './tables.ts';

const tables = (dialect: EngineDialect): readonly string[] => [
  ...Object.keys(signals).map((name) => signalTable(name as SignalName, dialect, defaultRetention)),
  rollupTable('block_1m', dialect, defaultRetention),
  rollupTable('block_1h', dialect, defaultRetention),
];

describe('engine dialects', () => {
  it('makes every table of a cluster on all replicas, with its tokens in common', () => {
    const dialect = replicated('main');
    for (const sql of tables(dialect)) {
      expect(sql).toMatch(
        /ON CLUSTER 'main' \(.*ENGINE = Replicated\w*MergeTree\('.+', '\{replica\}'(, receivedAt)?\)/s,
      );
      expect(sql).toMatch(/ replicated_deduplication_window = \d+, replicated_deduplication_window_seconds = \d+/);
    }
    for (const sql of [minuteRollup(dialect), hourRollup(dialect)])
      expect(sql).toContain("ON CLUSTER 'main' TO block_1");
  });

  it('gives each replicated table a path of its own', () => {
    const paths = tables(replicated('main')).map((sql) => /MergeTree\('([^']+)'/.exec(sql)?.[1]);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('knows no cluster on a single node', () => {
    for (const sql of tables(singleNode)) expect(sql).not.toMatch(/CLUSTER|Replicated/);
  });
});
