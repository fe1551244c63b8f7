import { type AccessStore, createAccessStore } from './access.ts';
import { type AuditStore, createAuditStore } from './audit.ts';
import { openDatabase } from './database.ts';
import { createIdentityStore, type IdentityStore } from './identity.ts';
import { createIncidentStore, type IncidentStore } from './incident.ts';
import { createIngestStore, type IngestStore } from './ingest.ts';
import { migrations } from './migrations.ts';
import { createTopologyStore, type TopologyStore } from './topology.ts';

/**
 * What the hub must not forget, beside telemetry. One narrow interface an area; every method returns a promise so that
 * a server-side engine can follow, and what it resolves to is on disk.
 */
export interface StateStore extends AsyncDisposable {
  readonly identity: IdentityStore;
  readonly access: AccessStore;
  readonly audit: AuditStore;
  readonly incident: IncidentStore;
  readonly ingest: IngestStore;
  readonly topology: TopologyStore;
  /** Answers when the engine does; rejects otherwise. */
  ping(): Promise<void>;
  /** Writes a consistent copy of everything into one file, while others read and write. */
  backup(file: string): Promise<void>;
}

/** @param path - the SQLite file, or `:memory:` in tests */
export function openStateStore(path: string): StateStore {
  const database = openDatabase(path, migrations);
  return {
    identity: createIdentityStore(database),
    access: createAccessStore(database),
    audit: createAuditStore(database),
    incident: createIncidentStore(database),
    ingest: createIngestStore(database),
    topology: createTopologyStore(database),
    async ping() {
      database.prepare('SELECT 1').get();
    },
    async backup(file) {
      await database.backup(file);
    },
    async [Symbol.asyncDispose]() {
      database.close();
    },
  };
}
