import type { FindingNature } from '@airis/protocol';

interface Subject {
  /** How a finding about it stands to its entity. */
  readonly nature: FindingNature;
  /** What findings call it, the same for the host and for a service. */
  readonly trouble: string;
  /** A claim must be gone this long before its finding closes: one calm moment is no recovery. */
  readonly closeAfterMs: number;
}

/** Signals of services are calm at once when they are over; those of hosts swing. */
const host = (nature: FindingNature, trouble: string): Subject => ({ nature, trouble, closeAfterMs: 10_000 });
const service = (nature: FindingNature, trouble: string): Subject => ({ nature, trouble, closeAfterMs: 6_000 });

/** What a finding is about. One subject has at most one open finding, however many series speak for it. */
export const subjects = {
  cpu: host('pressure', 'cpu'),
  memory: host('pressure', 'memory'),
  swap: host('pressure', 'swap'),
  'file-system': host('fault', 'file-system'),
  'disk-io': host('pressure', 'disk-io'),
  'network-errors': host('fault', 'network-errors'),
  device: host('fault', 'device-silent'),
  'device-port': host('fault', 'port-down'),
  'web-requests': host('symptom', 'traffic'),
  'web-connections': host('symptom', 'connections'),
  'web-errors': host('symptom', 'errors'),
  'web-latency': host('symptom', 'latency'),
  'scope-cpu': service('fault', 'cpu'),
  'scope-memory': service('fault', 'memory'),
  directory: service('fault', 'directory'),
  latency: service('symptom', 'latency'),
  errors: service('symptom', 'errors'),
  'call-latency': service('symptom', 'call-latency'),
  'call-errors': service('symptom', 'call-errors'),
  traffic: service('symptom', 'traffic'),
  pool: service('pressure', 'pool'),
  'pool-leak': service('fault', 'pool-leak'),
  'event-loop': service('pressure', 'event-loop'),
  threads: service('pressure', 'threads'),
  lock: service('fault', 'lock'),
  'slow-statement': service('fault', 'slow-statement'),
} as const satisfies Readonly<Record<string, Subject>>;

export type SubjectKind = keyof typeof subjects;
