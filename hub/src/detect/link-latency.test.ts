import { finding as findingSchema } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import type { GapBucket } from '../query/call-gaps.ts';
import { linkFinding } from './link-finding.ts';
import { judgeLink, LINK_BUCKET_MS, usualOfLink } from './link-latency.ts';

const T0 = 1_800_000_000_000;

function bucket(i: number, fields: Partial<GapBucket> = {}): GapBucket {
  const gapMsMedian = fields.gapMsMedian ?? 2 + (i % 3);
  return {
    atUnixMs: T0 + i * LINK_BUCKET_MS,
    agent: 1,
    caller: 'service:shop-was',
    callee: 'service:shop-app',
    calls: 10,
    gapMsMedian,
    gapMsP90: gapMsMedian * 2,
    stalled: 0,
    calleeMsMedian: 20,
    ...fields,
  };
}
const many = (from: number, to: number, fields: Partial<GapBucket> = {}) =>
  Array.from({ length: to - from }, (_, i) => bucket(from + i, fields));
const at = (i: number) => T0 + i * LINK_BUCKET_MS;

const past = many(0, 100);
const usual = usualOfLink(past, at(100))!;

describe('a link', () => {
  it('is usual by its own past, once there is enough of it', () => {
    expect(usual).toMatchObject({ gapMsMedian: 3, gapMsLow: 2, gapMsHigh: 4, calleeMsMedian: 20, stalledRatio: 0 });
    expect(usualOfLink(many(0, 30), at(30))).toBeNull();
  });

  it('is slow after ten seconds of it, and well six seconds after the end', () => {
    const slow = { gapMsMedian: 600, stalled: 10 };
    expect(judgeLink([...past, ...many(100, 103, slow)], usual, at(103)).kind).toBe('open-question');
    const lasting = [...past, ...many(100, 106, slow)];
    const verdict = judgeLink(lasting, usual, at(106));
    expect(verdict).toMatchObject({ kind: 'slow', now: { gapMsMedian: 600, sinceUnixMs: at(100) } });
    expect(judgeLink([...lasting, ...many(106, 109)], usual, at(109)).kind).toBe('well');
  });

  it('stays well where load, the callee, or a few calls are slow', () => {
    expect(judgeLink([...past, ...many(100, 106, { gapMsMedian: 100 })], usual, at(106)).kind).toBe('well');
    expect(judgeLink([...past, ...many(100, 106, { calleeMsMedian: 900 })], usual, at(106)).kind).toBe('well');
    expect(judgeLink([...past, bucket(100, { gapMsMedian: 900 }), bucket(101)], usual, at(102)).kind).toBe('well');
  });

  it('leaves time to others where the callee is slow too', () => {
    const both = { gapMsMedian: 600, calleeMsMedian: 250 };
    expect(judgeLink([...past, ...many(100, 107, both)], usual, at(107)).kind).toBe('open-question');
    expect(judgeLink([...past, ...many(100, 114, both)], usual, at(114)).kind).toBe('slow');
  });

  it('is not blamed for callers that queue before a callee without a free thread', () => {
    const full = { gapMsMedian: 600, stalled: 5, calleeMsMedian: 3_000 };
    expect(judgeLink([...past, ...many(100, 130, full)], usual, at(130)).kind).toBe('open-question');
    const stalled = { ...full, gapMsMedian: 100 };
    expect(judgeLink([...past, ...many(100, 130, stalled)], usual, at(130)).kind).toBe('open-question');
  });

  it('loses calls where many stall though most are quick', () => {
    const verdict = judgeLink([...past, ...many(100, 108, { stalled: 2 })], usual, at(108));
    expect(verdict).toMatchObject({ kind: 'lossy', now: { stalledRatio: 0.2 } });
  });

  it('makes a finding that the wire admits', () => {
    const verdict = judgeLink([...past, ...many(100, 106, { gapMsMedian: 600 })], usual, at(106));
    if (verdict.kind !== 'slow') throw new Error('not slow');
    const made = linkFinding({ caller: 'service:shop-was', callee: 'service:shop-app', verdict, usual }, at(108));
    expect(findingSchema.parse(made)).toMatchObject({ entity: 'link:shop-was~shop-app', trouble: 'link-latency' });
  });
});
