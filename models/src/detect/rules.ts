import { type Attributes, deviceEntity } from '@airis/protocol';
import type { SeriesInfo } from './detector.ts';
import { serviceRules } from './service-rules.ts';
import type { SubjectKind } from './subjects.ts';

/** How one series is judged. `role` is how watches of the same subject refer to it. */
export interface SeriesRule {
  readonly subject: SubjectKind;
  /** Which mount, device or interface; empty for the host as a whole. */
  readonly name: string;
  /** `address:port` of the other side, for calls. */
  readonly peer?: string;
  /** What its findings are about, where that is not the host or service that the agent speaks for. */
  readonly entity?: string;
  readonly role: string;
  /** Which program the series speaks of, where several kinds have the same metrics. */
  readonly service?: string;
  /** Detector name → its settings. */
  readonly judges: Readonly<Record<string, unknown>>;
}

/** Role of the series that counts processes started a second. */
export const STARTED = 'started';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MB = 1_000_000;

/** A series may speak for several subjects: a pool's size for its use and for what leaks from it. */
export type RuleOf = (attributes: Attributes) => SeriesRule | readonly SeriesRule[] | null;

/** Which metric of a host is judged by what. */
const hostRules: Readonly<Record<string, RuleOf>> = {
  'system.cpu.utilization': (attributes) =>
    isWholeHost(attributes, ['cpu.mode', 'cpu.logical_number', 'system.cpu.logical_number', 'cpu'])
      ? whole('cpu', 'utilization', {
          'level-shift': {
            minShift: 0.2,
            minLevel: 0.4,
            maxShift: 0.35,
            ceiling: 0.97,
            spreadLoadPersistMs: 45_000,
            major: 0.75,
            critical: 0.97,
          },
          saturation: { high: 0.96, release: 0.85, persistMs: 45_000, critical: 0.97, criticalAfterMs: 3 * MINUTE_MS },
          silence: { missingMs: 45_000 },
        })
      : null,
  // Judged by nobody: it tells what kind of load the processor has.
  'system.process.created': () => whole('cpu', STARTED, {}),
  'system.memory.utilization': (attributes) =>
    isUsed(attributes, 'system.memory.state')
      ? whole('memory', 'utilization', {
          'level-shift': { minShift: 0.2, minLevel: 0.6, persistMs: 30_000, major: 0.9, critical: 0.97 },
          saturation: { high: 0.93, release: 0.88, critical: 0.97, criticalAfterMs: 30_000, usualIsFine: false },
          'fill-forecast': {
            limit: 1,
            minGrowth: 0.1,
            scales: [{ blockMs: MINUTE_MS, blocks: 8, horizonMs: 30 * MINUTE_MS }],
          },
        })
      : null,
  'system.paging.utilization': (attributes) =>
    isUsed(attributes, 'system.paging.state')
      ? whole('swap', 'utilization', { saturation: { high: 0.9, release: 0.8, persistMs: MINUTE_MS } })
      : null,
  'system.filesystem.utilization': (attributes) =>
    named('file-system', attributes['system.filesystem.mountpoint'], 'utilization', {
      saturation: {
        high: 0.95,
        release: 0.93,
        persistMs: 20_000,
        critical: 0.98,
        criticalAfterMs: 20_000,
        usualIsFine: false,
        ignoreAt: 0.9999,
      },
    }),
  'system.filesystem.usage': (attributes) => {
    const mount = attributes['system.filesystem.mountpoint'];
    const state = attributes['system.filesystem.state'];
    if (state === 'free') return named('file-system', mount, 'free', {});
    if (state !== 'used') return null;
    return named('file-system', mount, 'used', {
      'fill-forecast': {
        minGrowth: 200 * MB,
        scales: [
          // Half a minute of growth says little about the next hours: a copy or a build does as much.
          { blockMs: 5_500, blocks: 4, horizonMs: 30 * MINUTE_MS },
          { blockMs: MINUTE_MS, blocks: 10, horizonMs: 24 * HOUR_MS },
        ],
      },
    });
  },
  'system.disk.io_time': (attributes) =>
    named('disk-io', attributes['system.device'], 'busy', {
      saturation: { high: 0.95, release: 0.7, persistMs: 90_000 },
    }),
  'airis.pressure.stall.time': (attributes) => pressure(Object.values(attributes)),
  'system.network.errors': (attributes) => networkErrors(attributes),
  'system.network.dropped': (attributes) => networkErrors(attributes),
  'system.network.packet.dropped': (attributes) => networkErrors(attributes),
  'airis.snmp.up': (attributes) =>
    ofDevice(attributes, 'device', '', { upForMs: 10 * MINUTE_MS, confirmMs: 25_000, severity: 'major' }),
  // Desks are unplugged every evening; what was up for a day is a server or another switch.
  'hw.network.up': (attributes) =>
    ofDevice(attributes, 'device-port', attributes['network.interface.name'] ?? '', {
      upForMs: 24 * HOUR_MS,
      confirmMs: 15_000,
      severity: 'minor',
    }),
  'nginx.requests': (attributes) => nginxRequests(attributes),
  'nginx.connections_current': (attributes) => nginxConnections(attributes),
  'airis.http.server.error_ratio': (attributes) =>
    named('web-errors', portOf(attributes), 'ratio', {
      'level-shift': { minShift: 0.1, minLevel: 0.1, persistMs: 20_000, major: 0.3, critical: 0.8 },
    }),
  'http.server.request.duration': (attributes) =>
    attributes['http.route'] === undefined
      ? named('web-latency', portOf(attributes), 'mean', {
          'level-shift': { minShift: 0.3, minRatio: 3, spreads: 8, persistMs: 25_000, major: 3 },
        })
      : null,
};

/** Metrics that are in neither are stored, not judged; what both know is judged as the agent's task says. */
const ofHost = { ...serviceRules, ...hostRules };
const ofService = { ...hostRules, ...serviceRules };

/** The rules for a series; none when nobody judges it. */
export function rulesFor(info: SeriesInfo, isService: boolean): readonly SeriesRule[] {
  const rules: Readonly<Record<string, RuleOf>> = isService ? ofService : ofHost;
  const found = Object.hasOwn(rules, info.metric) ? (rules[info.metric]?.(info.attributes) ?? []) : [];
  return 'role' in found ? [found] : found;
}

/** Rates of stall time are ratios 0..1. Only `some`: `full` follows it. CPU pressure says no more than utilisation does. */
function pressure(values: readonly string[]): SeriesRule | null {
  if (!values.includes('some')) return null;
  if (values.includes('memory')) {
    return whole('memory', 'pressure', {
      'level-shift': { minShift: 0.2, minLevel: 0.25, persistMs: 30_000, major: 0.5 },
    });
  }
  if (!values.includes('io')) return null;
  return whole('disk-io', 'pressure', {
    'level-shift': { minShift: 0.5, minLevel: 0.6, persistMs: 90_000, major: 0.9 },
  });
}

function networkErrors(attributes: Attributes): SeriesRule | null {
  const device = attributes['network.interface.name'] ?? attributes['system.device'] ?? 'all';
  const direction = attributes['network.io.direction'] ?? '';
  return {
    subject: 'network-errors',
    name: device,
    role: `errors ${direction}`,
    judges: { spike: { minValue: 10, major: 1_000 } },
  };
}

function nginxRequests(attributes: Attributes): SeriesRule | null {
  return named('web-requests', portOf(attributes), 'rate', {
    'level-shift': { minShift: 50, minRatio: 4, persistMs: 30_000, spreads: 8 },
    silence: { minCenter: 1 },
  });
}

function nginxConnections(attributes: Attributes): SeriesRule | null {
  const state = attributes['nginx.connection.state'];
  if (state !== undefined && state !== 'active') return null;
  return named('web-connections', portOf(attributes), state ?? 'all', {
    'level-shift': { minShift: 100, minRatio: 4, persistMs: 30_000, spreads: 8 },
  });
}

function ofDevice(
  attributes: Attributes,
  subject: SubjectKind,
  part: string,
  outage: Readonly<Record<string, unknown>>,
): SeriesRule | null {
  const device = attributes['hw.parent'];
  if (device === undefined) return null;
  return { subject, name: `${device} ${part}`.trim(), role: 'state', entity: deviceEntity(device), judges: { outage } };
}

/** Several servers of one host are told apart by their port. */
const portOf = (attributes: Attributes): string =>
  attributes['server.port'] === undefined ? '' : `port ${attributes['server.port']}`;

function whole(subject: SubjectKind, role: string, judges: SeriesRule['judges']): SeriesRule {
  return { subject, name: '', role, judges };
}

function named(
  subject: SubjectKind,
  name: string | undefined,
  role: string,
  judges: SeriesRule['judges'],
): SeriesRule | null {
  return name === undefined ? null : { subject, name, role, judges };
}

function isWholeHost(attributes: Attributes, parts: readonly string[]): boolean {
  return parts.every((key) => attributes[key] === undefined);
}

function isUsed(attributes: Attributes, stateKey: string): boolean {
  const state = attributes[stateKey];
  return state === undefined || state === 'used';
}
