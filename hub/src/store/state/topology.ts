import { factKey, type TopologyFact } from '../../topology/facts.ts';
import type { SqliteDatabase } from './database.ts';
import type { Migration } from './migrations.ts';

/** What the dependency graph rests on: who listens where, who was seen to call whom. The topology bounds it. */
export interface TopologyStore {
  facts(): Promise<readonly TopologyFact[]>;
  save(change: { readonly write: readonly TopologyFact[]; readonly drop: readonly TopologyFact[] }): Promise<void>;
}

export const topologyMigrations: readonly Migration[] = [
  {
    id: 'topology-1',
    sql: 'CREATE TABLE topologyFact (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;',
  },
];

export function createTopologyStore(database: SqliteDatabase): TopologyStore {
  const all = database.prepare<[], { body: string }>('SELECT body FROM topologyFact');
  const put = database.prepare<[string, string]>(
    'INSERT INTO topologyFact VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body',
  );
  const remove = database.prepare<[string]>('DELETE FROM topologyFact WHERE key = ?');
  const saveInOneStep = database.transaction((change: Parameters<TopologyStore['save']>[0]) => {
    for (const fact of change.write) put.run(factKey(fact), JSON.stringify(fact));
    for (const fact of change.drop) remove.run(factKey(fact));
  });
  return {
    // Only `save` writes the column, always a fact.
    facts: async () => all.all().map(({ body }) => JSON.parse(body) as TopologyFact),
    save: async (change) => saveInOneStep.immediate(change),
  };
}
