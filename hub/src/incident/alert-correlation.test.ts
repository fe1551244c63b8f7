import { expect, test } from 'vitest';
import { createAlertCorrelator, type PlainAlert } from './alert-correlation.ts';

const calls = [
  ['web', 'app'],
  ['app', 'db'],
  ['mail', 'queue'],
  ['queue', 'disk'],
] as const;
const minuteMs = 60_000;

function alertsAt(minute: number, services: readonly string[], metrics = ['latency', 'errors']): PlainAlert[] {
  return services.flatMap((service) =>
    metrics.map((metric) => ({
      id: `${minute}/${service}/${metric}`,
      timeUnixMs: minute * minuteMs,
      service,
      metric,
      severity: 'critical' as const,
    })),
  );
}

function incidentsOf(alerts: readonly PlainAlert[]): Map<string, string | null> {
  const correlator = createAlertCorrelator(calls);
  const decisions = alerts.flatMap((alert) => correlator.take(alert));
  decisions.push(...correlator.advance(Number.POSITIVE_INFINITY));
  return new Map(decisions.map(({ id, incident }) => [id, incident]));
}

const noise = Array.from({ length: 60 }, (_, minute) => alertsAt(minute, ['mail'], ['cpu'])).flat();

test('a storm of one fault is one incident', () => {
  const found = incidentsOf([...alertsAt(60, ['web', 'app', 'db']), ...alertsAt(61, ['web', 'app', 'db'])]);
  expect([...new Set(found.values())]).toEqual(['alerts-1']);
});

test('two strong faults far from each other are two incidents', () => {
  const services = ['web', 'app', 'db', 'mail', 'queue', 'disk'];
  const found = incidentsOf([...noise, ...alertsAt(60, services), ...alertsAt(61, services)]);
  expect(found.get('60/web/errors')).toBe(found.get('60/db/errors'));
  expect(found.get('60/web/errors')).not.toBe(found.get('60/queue/errors'));
});

test('an alert that comes every minute opens nothing once it is known', () => {
  const found = incidentsOf(noise);
  expect(
    [...found].filter(([id, incident]) => !/^[0-9]\//.test(id) && incident !== null && !/^1[0-9]\//.test(id)),
  ).toEqual([]);
});

test('the order within a tick does not matter', () => {
  const tick = alertsAt(60, ['web', 'queue', 'app', 'disk', 'db', 'mail']);
  const sorted = (found: Map<string, string | null>) => [...found].sort();
  expect(sorted(incidentsOf([...tick].reverse()))).toEqual(sorted(incidentsOf(tick)));
});
