import { expect, it } from 'vitest';
import { chronyReading, clockOffsetCollector, loopstatsReading } from './clock-offset.ts';
import { hostOfFiles } from './host-of-files-under-test.ts';

const atUnixMs = Date.parse('2026-11-23T05:18:10Z');
const tracking =
  '2026-11-23 05:18:10 127.0.0.1        4     -0.016      0.053  2.500e-01 N  1  3.582e-08  2.500e-01  5.673e-06  1.186e-06  2.500e-01';
const loopstats = '61367 19090.500 0.000123000 -12.345 0.000051 0.002 6';

it('reads by how much the host is ahead, from the logs of chronyd and ntpd', () => {
  expect(chronyReading(tracking)).toEqual({ atUnixMs, offsetSeconds: 0.25 });
  // ntpd tells by how much the clock is to be put forward.
  expect(loopstatsReading(loopstats)).toEqual({ atUnixMs: atUnixMs + 500, offsetSeconds: -0.000123 });
});

it.each([
  '',
  '=====',
  '2026-11-23 05:18:10',
  '2026-99-23 05:18:10 a 4 1 1 1',
  '61367 x 1',
  '1 2 3',
  tracking.slice(0, 60),
])('takes nothing from %j', (line) => expect([chronyReading(line), loopstatsReading(line)]).toEqual([null, null]));

async function collect(files: Readonly<Record<string, string>>, nowMs: number) {
  const host = hostOfFiles(files, () => nowMs);
  const collector = clockOffsetCollector.create(undefined);
  const written: Record<string, number> = {};
  await collector.collect(host, {
    write: (metric, value) => {
      written[metric] = value;
    },
  });
  return { applies: await collector.applies(host), written };
}

it('tells the newest entry while it is fresh, and never a torn one', async () => {
  const files = {
    '/var/log/chrony/tracking.log': `${tracking}\n   Date (UTC) Time\n${tracking.replace('2.500e-01', '9')}`,
  };
  expect(await collect(files, atUnixMs + 60_000)).toEqual({ applies: true, written: { 'airis.clock.offset': 0.25 } });
  expect(await collect(files, atUnixMs + 3_600_000)).toEqual({ applies: true, written: {} });
});

it('tells of systemd-timesyncd only whether it has set the clock', async () => {
  const synchronized = { '/run/systemd/timesync/synchronized': '' };
  expect((await collect(synchronized, 0)).written).toEqual({ 'airis.clock.synchronized': 1 });
  expect((await collect({ '/run/systemd/timesync/other': '' }, 0)).written).toEqual({ 'airis.clock.synchronized': 0 });
  expect(await collect({}, 0)).toEqual({ applies: false, written: {} });
});
