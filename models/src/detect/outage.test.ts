import { type Finding, finding } from '@airis/protocol';
import { expect, it } from 'vitest';
import { createEdgeDetection } from './edge.ts';

const HOUR_S = 3_600;
const T0 = 1_760_000_000_000;

/** A device that is asked every ten seconds: whether it answers, and whether its port is up (`null`: not reported). */
function watch(hours: number, at: (second: number) => { up: number | null; port: number | null }): Finding[] {
  let ids = 0;
  const detection = createEdgeDetection({
    hostEntity: 'host:mon-1',
    model: null,
    newId: () => `f-${String(ids++).padStart(8, '0')}`,
  });
  const parent = { 'hw.parent': 'sw core 1' };
  const of = (metric: string, more = {}) => ({ metric, attributes: { ...parent, ...more }, unit: '1' });
  const series = [of('airis.snmp.up'), of('hw.network.up', { 'network.interface.name': 'Gi1/0/12' })];
  for (const [i, one] of series.entries()) detection.addSeries(i, { id: BigInt(i + 1), kind: 'gauge', ...one });
  for (let second = 0; second < hours * HOUR_S; second++) {
    const { up, port } = at(second);
    const isRead = second % 10 === 0;
    const row = Float64Array.of(isRead && up !== null ? up : Number.NaN, isRead && port !== null ? port : Number.NaN);
    detection.observe(T0 + second * 1_000, row, 2);
  }
  const found = detection.takeFindings();
  for (const one of found) expect(finding.safeParse(one).error).toBeUndefined();
  return found;
}
const said = (found: readonly Finding[]) =>
  found.filter(({ state }) => state !== 'update').map(({ state, trouble, entity }) => `${state} ${trouble} ${entity}`);

it('a device that no longer answers is told within half a minute, and that it answers again', () => {
  const found = watch(1, (s) => ({ up: s >= 1_800 && s < 2_400 ? 0 : 1, port: 1 }));
  expect(said(found)).toEqual(['open device-silent device:sw-core-1', 'closed device-silent device:sw-core-1']);
  expect(found[0]).toMatchObject({
    kind: 'missing',
    nature: 'fault',
    severity: 'major',
    startedAtUnixMs: T0 + 1_800_000,
    title: { ko: 'sw core 1 장비 응답 없음', en: 'Device sw core 1 does not answer' },
  });
  expect(found[0]!.detectedAtUnixMs - found[0]!.startedAtUnixMs).toBeLessThanOrEqual(30_000);
});

it('a port is missed when it had been up for a day, and one that comes and goes is not', () => {
  const long = watch(26, (s) => ({ up: 1, port: s < 25 * HOUR_S ? 1 : 0 }));
  expect(said(long)).toEqual(['open port-down device:sw-core-1']);
  expect(long[0]?.title.ko).toBe('sw core 1 Gi1/0/12 포트 끊김');
  expect(said(watch(26, (s) => ({ up: 1, port: s % (10 * HOUR_S) < 9 * HOUR_S ? 1 : 0 })))).toEqual([]);
});

it('one failed reading is no outage, and a port that is switched off on purpose is not reported any more', () => {
  expect(said(watch(1, (s) => ({ up: s === 1_800 ? 0 : 1, port: 1 })))).toEqual([]);
  const off = watch(26, (s) => ({ up: 1, port: s < 25 * HOUR_S ? 1 : s < 25 * HOUR_S + 60 ? 0 : null }));
  expect(said(off)).toEqual(['open port-down device:sw-core-1', 'closed port-down device:sw-core-1']);
});
