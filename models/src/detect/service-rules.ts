import type { Attributes } from '@airis/protocol';
import type { RuleOf, SeriesRule } from './rules.ts';
import type { SubjectKind } from './subjects.ts';

const MINUTE_MS = 60_000;
const MB = 1_000_000;

/** A program that has just started loads, compiles and fills its caches: that is neither load nor leak. */
const FRESH = { freshRole: 'processes', freshMs: MINUTE_MS };

const callLatency: RuleOf = (attributes) =>
  ofPeer('call-latency', attributes, 'mean', {
    'level-shift': { minShift: 0.25, minRatio: 3, spreads: 8, maxShift: 0.5, ...lasting(12_000, 0.6), major: 2 },
  });

/** What judges the series of one service: its processes, its folders, what it serves and what it calls. */
export const serviceRules: Readonly<Record<string, RuleOf>> = {
  'airis.scope.cpu.usage': () =>
    rule('scope-cpu', 'usage', {
      'level-shift': { minShift: 0.45, maxShift: 0.45, ...lasting(12_000, 0.75), ...FRESH, major: 0.9 },
    }),
  'airis.scope.processes': () => [rule('scope-cpu', 'processes'), rule('scope-memory', 'processes')],
  'airis.scope.memory.limit': () => rule('scope-memory', 'limit'),
  'airis.scope.memory.utilization': () =>
    rule('scope-memory', 'utilization', { threshold: { high: 0.9, persistMs: 8_000, critical: 0.97 } }),
  'airis.scope.memory.usage': () =>
    rule('scope-memory', 'used', {
      'fill-forecast': {
        limitRole: 'limit',
        minGrowth: 64 * MB,
        scales: [{ blockMs: 3_200, blocks: 5, horizonMs: 30 * MINUTE_MS }],
        forgivenBlocks: 1,
        stopMs: 8_000,
        stopShare: 0.4,
        criticalWithinMs: MINUTE_MS,
        ...FRESH,
      },
    }),
  'airis.directory.limit': (attributes) => ofDirectory(attributes, 'limit'),
  'airis.directory.utilization': (attributes) =>
    ofDirectory(attributes, 'utilization', { threshold: { high: 0.95, persistMs: 4_000, critical: 0.99 } }),
  'airis.directory.usage': (attributes) =>
    ofDirectory(attributes, 'used', {
      'fill-forecast': {
        limitRole: 'limit',
        minGrowth: MB,
        scales: [{ blockMs: 2_500, blocks: 4, horizonMs: 30 * MINUTE_MS }],
        stopMs: 8_000,
        criticalWithinMs: MINUTE_MS,
      },
    }),
  'http.server.request.duration': (attributes) =>
    attributes['http.route'] === undefined
      ? rule('latency', 'mean', {
          'level-shift': { minShift: 0.25, minRatio: 3, spreads: 8, maxShift: 0.5, ...lasting(12_000, 0.6), major: 2 },
        })
      : null,
  'airis.http.server.error_ratio': (attributes) =>
    attributes['http.route'] === undefined
      ? rule('errors', 'ratio', {
          'level-shift': {
            minShift: 0.1,
            maxShift: 0.1,
            ...lasting(10_000, 0.5),
            major: 0.3,
            critical: 0.8,
            criticalAfterMs: 15_000,
          },
        })
      : null,
  'airis.http.server.requests': (attributes) => {
    const status = attributes['http.response.status_class'] ?? '2xx';
    const others = ['1xx', '3xx', '4xx', '5xx'];
    return rule(
      'traffic',
      status,
      status === '2xx' ? { silence: { minCenter: 1, stoppedMs: 15_000, unless: others } } : {},
    );
  },
  // Its access log tells the same sooner and better: connections pile up behind slow answers, and stay after them.
  'nginx.connections_current': () => null,
  'nginx.requests': () => null,
  'http.client.request.duration': callLatency,
  'db.client.operation.duration': callLatency,
  'airis.http.client.error_ratio': (attributes) =>
    ofPeer('call-errors', attributes, 'ratio', {
      'level-shift': { minShift: 0.1, maxShift: 0.1, ...lasting(10_000, 0.5), major: 0.3 },
    }),
  'db.client.connection.count': (attributes) =>
    attributes['db.client.connection.state'] === 'used'
      ? rule(
          'pool',
          'used',
          {
            threshold: { high: 1, ofRole: 'max', and: { role: 'pending', above: 0 }, persistMs: 8_000 },
          },
          poolOf(attributes),
        )
      : null,
  'db.client.connection.max': (attributes) => [
    rule('pool', 'max', {}, poolOf(attributes)),
    rule('pool-leak', 'max', {}, poolOf(attributes)),
  ],
  'db.client.connection.pending_requests': (attributes) => rule('pool', 'pending', {}, poolOf(attributes)),
  'airis.db.client.connection.idle_in_use': (attributes) =>
    rule(
      'pool-leak',
      'idle',
      { threshold: { high: 0.5, ofRole: 'max', persistMs: 8_000, graceMs: 1_500 } },
      poolOf(attributes),
    ),
  'nodejs.eventloop.delay.p99': () =>
    rule('event-loop', 'p99', {
      threshold: { kind: 'level-shift', high: 0.3, persistMs: 10_000, severity: 'minor', critical: 5 },
    }),
  'tomcat.thread.count': (attributes) =>
    attributes['tomcat.thread.state'] === 'busy'
      ? rule(
          'threads',
          'busy',
          { threshold: { high: 0.95, ofRole: 'limit', persistMs: 8_000 } },
          connectorOf(attributes),
        )
      : null,
  'tomcat.thread.limit': (attributes) => rule('threads', 'limit', {}, connectorOf(attributes)),
  'airis.db.server.lock.longest_wait': (attributes) =>
    rule(
      'lock',
      'wait',
      { threshold: { kind: 'level-shift', high: 5, persistMs: 0, isAge: true, critical: 60 } },
      databaseOf(attributes),
      attributes['db.system.name'],
    ),
  // Waiters that give up after a few seconds never wait long; the next ones already stand in line.
  'airis.db.server.lock.waiters': (attributes) =>
    rule(
      'lock',
      'waiters',
      { threshold: { kind: 'level-shift', high: 1, and: { role: 'wait', above: 1 }, persistMs: 8_000 } },
      databaseOf(attributes),
      attributes['db.system.name'],
    ),
  'airis.db.server.statement.longest': (attributes) =>
    rule(
      'slow-statement',
      'longest',
      { 'level-shift': { minShift: 0.4, minRatio: 5, ...lasting(10_000, 0.4), major: 1 } },
      databaseOf(attributes),
      attributes['db.system.name'],
    ),
  'airis.db.server.statement.duration': (attributes) =>
    rule(
      'slow-statement',
      'mean',
      { 'level-shift': { minShift: 0.05, minRatio: 5, ...lasting(10_000, 0.6), major: 0.5 } },
      databaseOf(attributes),
      attributes['db.system.name'],
    ),
};

/** Judged by the mean of a span, of which at least a share must be raised: one slow request a minute is no level. */
const lasting = (persistMs: number, raisedShare: number) => ({ persistMs, raisedShare, byMean: true, calmMs: 5_000 });

function rule(
  subject: SubjectKind,
  role: string,
  judges: SeriesRule['judges'] = {},
  name = '',
  service?: string,
): SeriesRule {
  return { subject, name, role, judges, ...(service === undefined ? {} : { service }) };
}

const connectorOf = (attributes: Attributes): string => attributes['tomcat.connector'] ?? '';
const poolOf = (attributes: Attributes): string => attributes['db.client.connection.pool.name'] ?? '';
const databaseOf = (attributes: Attributes): string =>
  [attributes['db.namespace'] ?? '', attributes['server.port'] ?? ''].join(' ').trim();

function ofDirectory(attributes: Attributes, role: string, judges: SeriesRule['judges'] = {}): SeriesRule | null {
  const name = attributes['airis.directory.name'];
  return name === undefined ? null : rule('directory', role, judges, name);
}

function ofPeer(
  subject: SubjectKind,
  attributes: Attributes,
  role: string,
  judges: SeriesRule['judges'],
): SeriesRule | null {
  const address = attributes['server.address'];
  const port = attributes['server.port'];
  if (address === undefined || port === undefined || attributes['http.route'] !== undefined) return null;
  const peer = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return { ...rule(subject, role, judges, peer), peer };
}
