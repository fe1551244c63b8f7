import { accessMigrations } from './access.ts';
import { auditMigrations } from './audit.ts';
import { identityMigrations } from './identity.ts';
import { incidentMigrations } from './incident.ts';
import { ingestMigrations } from './ingest.ts';
import { topologyMigrations } from './topology.ts';

/** One step of the schema. An id is `<area>-<number>` and, once released, neither it nor its SQL ever changes. */
export interface Migration {
  readonly id: string;
  readonly sql: string;
}

/** Every step of every area; within an area the order matters. */
export const migrations: readonly Migration[] = [
  ...identityMigrations,
  ...accessMigrations,
  ...auditMigrations,
  ...incidentMigrations,
  ...ingestMigrations,
  ...topologyMigrations,
];
