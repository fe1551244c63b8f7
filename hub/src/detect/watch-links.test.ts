import type { Finding } from '@airis/protocol';
import { expect, it } from 'vitest';
import { createLog } from '../log.ts';
import type { GapBucket } from '../query/call-gaps.ts';
import { createLinkWatch } from './watch-links.ts';

const T0 = 1_800_000_000_000;
const SECOND = 1_000;

/** A link that is good for five minutes, bad for a minute, then good again. */
function gaps(fromUnixMs: number, toUnixMs: number): GapBucket[] {
  const buckets: GapBucket[] = [];
  for (let at = Math.max(fromUnixMs, T0); at < toUnixMs; at += 2 * SECOND) {
    const isBad = at >= T0 + 300 * SECOND && at < T0 + 360 * SECOND;
    const gapMsMedian = isBad ? 620 : 3;
    const [caller, callee] = ['service:shop-was', 'service:shop-app'];
    const of = { agent: 2, caller, callee, calls: 12, gapMsP90: gapMsMedian + 5, stalled: isBad ? 12 : 0 };
    buckets.push({ ...of, atUnixMs: at, gapMsMedian, calleeMsMedian: 15 });
  }
  return buckets;
}

function watchOver(open: Map<string, { agent: string; finding: Finding }>, told: Finding[]) {
  const time = { now: T0 };
  const watch = () =>
    createLinkWatch({
      callGaps: async ({ fromUnixMs, toUnixMs }) => gaps(fromUnixMs, toUnixMs),
      agentName: async () => () => 'shop-was',
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
  return { time, watch };
}

it('tells of one spell once, in time, over a restart, and of its end', async () => {
  const told: Finding[] = [];
  const { time, watch } = watchOver(new Map(), told);
  let links = watch();
  for (let second = 0; second <= 420; second += 2) {
    time.now = T0 + second * SECOND;
    if (second === 330) links = watch();
    await links.tick();
  }
  const opened = told.filter(({ state }) => state === 'open');
  const closed = told.filter(({ state }) => state === 'closed');
  expect(opened).toHaveLength(1);
  expect(closed).toHaveLength(1);
  expect(new Set(told.map(({ id }) => id)).size).toBe(1);
  expect(opened[0]?.startedAtUnixMs).toBe(T0 + 300 * SECOND);
  expect((opened[0]?.detectedAtUnixMs ?? 0) - T0).toBeLessThanOrEqual(320 * SECOND);
  expect((closed[0]?.endedAtUnixMs ?? 0) - T0).toBeLessThanOrEqual(375 * SECOND);
});

it('says nothing where the callee is known to be busy', async () => {
  const told: Finding[] = [];
  const busy = { id: 'f-busy-0001', entity: 'service:shop-app', trouble: 'event-loop', detector: { name: 'x' } };
  const open = new Map([['busy', { agent: 'shop-app', finding: busy as unknown as Finding }]]); // what is read of it
  const { time, watch } = watchOver(open, told);
  const links = watch();
  for (let second = 200; second <= 420; second += 2) {
    time.now = T0 + second * SECOND;
    await links.tick();
  }
  expect(told).toEqual([]);
});
