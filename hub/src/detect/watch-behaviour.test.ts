import { ROW_MS } from '@airis/models';
import { type Finding, finding as findingSchema } from '@airis/protocol';
import { expect, it } from 'vitest';
import { createLog } from '../log.ts';
import type { HostSeries } from '../query/behaviour-series.ts';
import { createBehaviourWatch } from './watch-behaviour.ts';

const DAY = 288;
const T0 = 1_800_000_000_000;
/** Where answers become slow, and where they are as before again. */
const ODD = { from: 3 * DAY, to: 3 * DAY + 8 };

const metrics: readonly (readonly [string, (requests: number, isOdd: boolean) => number])[] = [
  ['system.cpu.utilization', (requests) => 0.05 + 0.003 * requests],
  ['airis.http.server.requests', (requests) => requests],
  ['http.server.request.duration', (requests, isOdd) => (0.02 + 0.0001 * requests) * (isOdd ? 5 : 1)],
  ['airis.process.threads', (requests) => 200 + requests],
];
/** The same noise for the same row, however often it is read. */
const noise = (row: number, c: number) =>
  0.97 + 0.06 * (Math.abs(Math.sin(row * 12.9898 + c * 78.233) * 43_758.5453) % 1);

function valuesAt(row: number): number[] {
  const requests = 100 + 80 * Math.sin(((row % DAY) / DAY) * 2 * Math.PI);
  return metrics.map(([, of], c) => of(requests * noise(row, 9), row >= ODD.from && row < ODD.to) * noise(row, c));
}

function watchOver(agents: readonly string[]) {
  const told: Finding[] = [];
  const open = new Map<string, { agent: string; finding: Finding }>();
  const reads: { agent: number; fromUnixMs: number }[] = [];
  const time = { now: T0 + 2 * DAY * ROW_MS };
  const watch = () =>
    createBehaviourWatch({
      agents: async () => agents.map((id, i) => ({ id, number: i + 1, revokedAtUnixMs: null })),
      async read({ agent, fromUnixMs, toUnixMs, stepMs }) {
        reads.push({ agent, fromUnixMs });
        const times = [];
        for (let at = fromUnixMs; at < toUnixMs; at += stepMs) times.push(at);
        const rows = times.map((at) => (at < T0 ? null : valuesAt((at - T0) / ROW_MS)));
        const series = metrics.map(
          ([metric], c): HostSeries => ({
            id: String(c).padStart(16, '0'),
            metric,
            attributes: {},
            unit: '1',
            mean: rows.map((row) => row?.[c] ?? Number.NaN),
          }),
        );
        return { times, series: agent === 1 ? series : [] };
      },
      openFindings: async () => [...open.values()],
      async take(agent, finding) {
        told.push(finding);
        if (finding.state === 'closed') open.delete(finding.id);
        else open.set(finding.id, { agent, finding });
      },
      clock: () => time.now,
      log: createLog('error', () => undefined),
      everyMs: 0,
    });
  return { told, reads, time, watch };
}

it('tells once of a spell, with what left the usual, over a restart of the hub, and of its end', async () => {
  const { told, time, watch } = watchOver(['WAS_1']);
  let behaviour = watch();
  for (let row = ODD.from - 12; row < ODD.to + 24; row++) {
    time.now = T0 + row * ROW_MS + 90_000;
    if (row === ODD.from + 4) behaviour = watch();
    await behaviour.tick();
  }
  expect(told.map(({ state }) => state).filter((state) => state !== 'update')).toEqual(['open', 'closed']);
  const [opened] = told;
  expect(opened).toMatchObject({ entity: 'host:WAS_1', severity: 'info', trouble: 'behaviour' });
  expect(opened?.summary.ko).toContain('응답시간(높음)');
  expect(opened?.evidence[0]).toMatchObject({ kind: 'series', metric: 'http.server.request.duration' });
  expect(opened?.startedAtUnixMs).toBe(T0 + ODD.from * ROW_MS);
  expect((opened?.detectedAtUnixMs ?? 0) - (opened?.startedAtUnixMs ?? 0)).toBeLessThanOrEqual(4 * ROW_MS);
  expect(new Set(told.map(({ id }) => id)).size).toBe(1);
  for (const one of told) expect(findingSchema.safeParse(one).error).toBeUndefined();
});

it('looks at one host at a time, reads a week once and then what is new, and forgets who is gone', async () => {
  const agents = ['was-1', 'web-1'];
  const { told, reads, time, watch } = watchOver(agents);
  const behaviour = watch();
  const ticks = async (count: number) => {
    reads.length = 0;
    for (let i = 0; i < count; i++) await behaviour.tick();
    return reads.map(({ agent }) => agent);
  };
  // A week in parts that the store answers at once.
  expect(await ticks(5)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
  time.now += ROW_MS;
  expect(await ticks(1)).toEqual([1]);
  expect(time.now - (reads[0]?.fromUnixMs ?? 0)).toBeLessThan(6 * ROW_MS);
  agents.pop();
  expect(await ticks(3)).toEqual([]);
  expect(told).toEqual([]);
});

it('goes on with the next host where one cannot be read', async () => {
  const said: string[] = [];
  await using _watch = createBehaviourWatch({
    agents: async () => [{ id: 'a', number: 1, revokedAtUnixMs: null }],
    read: async () => Promise.reject(new Error('the store is away')),
    openFindings: async () => [],
    take: async () => undefined,
    clock: () => T0,
    log: createLog('warn', (line) => said.push(line)),
    everyMs: 5,
  });
  await expect.poll(() => said.join('')).toContain('BEHAVIOUR_WATCH_FAILED');
});
