import { semconv } from '@airis/protocol';

/** Something that fills up. A new one is an entry here; the console names its kind. */
export interface CapacityResource {
  readonly kind: string;
  /** Of what is used: a share of the whole, or a number whose limit another metric tells. */
  readonly metric: string;
  readonly where: Readonly<Record<string, string>>;
  readonly limitMetric: string | null;
  /** Names one of several on a host; `null` for the only one. */
  readonly nameAttribute: string | null;
}

const { metric } = semconv;

export const capacityResources = [
  {
    kind: 'file-system',
    metric: metric.filesystemUtilization,
    where: {},
    limitMetric: null,
    nameAttribute: 'system.filesystem.mountpoint',
  },
  {
    kind: 'directory',
    metric: metric.directoryUtilization,
    where: {},
    limitMetric: null,
    nameAttribute: semconv.attribute.directoryName,
  },
  { kind: 'memory', metric: metric.memoryUtilization, where: {}, limitMetric: null, nameAttribute: null },
  {
    kind: 'connection-pool',
    metric: metric.dbClientConnections,
    where: { 'db.client.connection.state': 'used' },
    limitMetric: metric.dbClientConnectionMax,
    nameAttribute: 'db.client.connection.pool.name',
  },
] as const satisfies readonly CapacityResource[];
export type CapacityKind = (typeof capacityResources)[number]['kind'];
