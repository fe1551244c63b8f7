import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectors } from './index.ts';

const conventions = new Set(
  readFileSync(join(import.meta.dirname, '../../testdata/semconv/metric-names.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
);

/** Units of the conventions' metrics that collectors emit; all their durations are in `s`, all their sizes in `By`. */
const conventionUnits: Readonly<Record<string, string>> = {
  'container.cpu.time': 's',
  'container.disk.io': 'By',
  'container.memory.usage': 'By',
  'container.memory.working_set': 'By',
  'db.client.connection.count': '{connection}',
  'db.client.connection.pending_requests': '{request}',
  'db.client.operation.duration': 's',
  'http.client.request.duration': 's',
  'http.server.active_requests': '{request}',
  'http.server.request.duration': 's',
  'hw.errors': '{error}',
  'hw.network.bandwidth.limit': 'By/s',
  'hw.network.io': 'By',
  'hw.network.packets': '{packet}',
  'hw.network.up': '1',
  'hw.temperature': 'Cel',
  'hw.temperature.limit': 'Cel',
  'jvm.class.count': '{class}',
  'jvm.class.loaded': '{class}',
  'jvm.class.unloaded': '{class}',
  'jvm.memory.committed': 'By',
  'jvm.memory.limit': 'By',
  'jvm.memory.used': 'By',
  'jvm.thread.count': '{thread}',
  'nodejs.eventloop.delay.p99': 's',
  'process.cpu.utilization': '1',
  'process.memory.usage': 'By',
  'system.cpu.logical.count': '{cpu}',
  'system.cpu.utilization': '1',
  'system.disk.io': 'By',
  'system.disk.io_time': 's',
  'system.disk.operation_time': 's',
  'system.disk.operations': '{operation}',
  'system.filesystem.limit': 'By',
  'system.filesystem.usage': 'By',
  'system.filesystem.utilization': '1',
  'system.memory.limit': 'By',
  'system.memory.linux.available': 'By',
  'system.memory.usage': 'By',
  'system.memory.utilization': '1',
  'system.network.connection.count': '{connection}',
  'system.network.errors': '{error}',
  'system.network.io': 'By',
  'system.network.packet.count': '{packet}',
  'system.network.packet.dropped': '{packet}',
  'system.paging.faults': '{fault}',
  'system.paging.operations': '{operation}',
  'system.paging.usage': 'By',
  'system.paging.utilization': '1',
  'system.process.count': '{process}',
  'system.process.created': '{process}',
  'system.uptime': 's',
};

/** Not in the conventions: names under which the OpenTelemetry collector's receivers report the same. */
const ofReceivers: readonly RegExp[] = [
  // The conventions now say `limit`; what pools show of themselves still says `max`.
  /^db\.client\.connection\.max$/,
  /^system\.cpu\.load_average\.(?:1|5|15)m$/,
  /^system\.filesystem\.inodes\.usage$/,
  /^(?:nginx|apache|tomcat|postgresql|mysql)\.[a-z_.]+$/,
];

const emitted = collectors.flatMap((definition) =>
  Object.entries(definition.create(undefined).emits).map(([metric, info]) => ({
    source: definition.name,
    metric,
    info,
  })),
);
const byName = new Map(emitted.map(({ metric, info }) => [metric, info]));

describe('the names of metrics', () => {
  it('are lower-case words with dots, with a unit in UCUM', () => {
    for (const { source, metric, info } of emitted) {
      expect(metric, source).toMatch(/^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+$/);
      // A unit goes into its own field, and a counter is no rate.
      expect(metric, source).not.toMatch(/_(?:bytes|seconds|ms|percent|total|per_second)$|\.(?:rate|ratio_percent)$/);
      expect(info.unit, `${source} ${metric}`).toMatch(/^(?:1|s|By|By\/s|Cel|\{[a-z_]+\})$/);
      if (info.unit === '1') expect(info.kind, metric).toBe('gauge');
    }
  });

  it.each([...byName])('%s is in the conventions, or of a receiver, or ours', (metric, { unit }) => {
    if (metric.startsWith('airis.')) {
      const bare = metric.slice('airis.'.length);
      expect([bare, `system.${bare}`, `process.${bare}`].filter((name) => conventions.has(name))).toEqual([]);
    } else if (conventions.has(metric)) expect(unit).toBe(conventionUnits[metric]);
    else expect(ofReceivers.some((pattern) => pattern.test(metric))).toBe(true);
  });

  it('mean the same whoever emits them', () => {
    for (const { source, metric, info } of emitted) {
      const { unit, kind } = byName.get(metric)!;
      expect(`${source} ${metric} ${info.unit} ${info.kind}`).toBe(`${source} ${metric} ${unit} ${kind}`);
    }
  });
});
