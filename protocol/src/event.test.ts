import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent, parseEvent } from './event.ts';
import { MAX_EVENT_BYTES } from './limits.ts';
import type { Change } from './schema/change.ts';
import type { Finding } from './schema/finding.ts';

const finding: Finding = {
  id: 'f-0123456789',
  state: 'open',
  kind: 'spike',
  severity: 'major',
  confidence: 0.97,
  score: 12.5,
  entity: 'host:web-1',
  nature: 'pressure',
  trouble: 'cpu',
  peer: null,
  detector: { name: 'robust', version: '1' },
  title: { ko: 'CPU 사용률 급증', en: 'CPU use rose' },
  summary: { ko: '', en: '' },
  startedAtUnixMs: 1_795_300_000_000,
  detectedAtUnixMs: 1_795_300_010_000,
  endedAtUnixMs: null,
  evidence: [{ kind: 'series', ref: '00ff00ff00ff00ff', metric: 'system.cpu.utilization', value: 0.98, unit: '1' }],
};
const change: Change = {
  id: 'c-0123456789',
  kind: 'config',
  entity: 'service:nginx@web-1',
  atUnixMs: 1,
  summary: { ko: '', en: '' },
  attributes: { file: 'nginx.conf' },
};
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('parseEvent', () => {
  it('reads what was sent', () => {
    expect(parseEvent('finding', json(finding))).toEqual({ ok: true, value: finding });
    expect(parseEvent('change', json(change))).toEqual({ ok: true, value: change });
  });

  it('tolerates fields of a later version', () => {
    expect(parseEvent('finding', json({ ...finding, mood: 'blue' }))).toEqual({ ok: true, value: finding });
  });

  const text = JSON.stringify(finding);
  it.each([
    { name: 'a number that is not finite', bytes: Buffer.from(text.replace('12.5', '1e999')), want: 'wrong-shape' },
    { name: 'a confidence above 1', bytes: json({ ...finding, confidence: 1.1 }), want: 'wrong-shape' },
    { name: 'a field missing', bytes: json({ ...finding, id: undefined }), want: 'wrong-shape' },
    {
      name: 'too many pieces of evidence',
      bytes: json({ ...finding, evidence: Array(21).fill(finding.evidence[0]) }),
      want: 'wrong-shape',
    },
    { name: 'text that is no JSON', bytes: Buffer.from(text.slice(1)), want: 'not-json' },
    { name: 'nothing', bytes: Buffer.alloc(0), want: 'not-json' },
    { name: 'deep nesting', bytes: Buffer.from('['.repeat(30_000) + ']'.repeat(30_000)), want: 'wrong-shape' },
    { name: 'bytes that are no UTF-8', bytes: Buffer.concat([json(finding), Buffer.from([0xff])]), want: 'not-utf8' },
    { name: 'more than the limit', bytes: Buffer.alloc(MAX_EVENT_BYTES + 1, ' '), want: 'too-large' },
  ])('answers $want for $name', ({ bytes, want }) => {
    expect(parseEvent('finding', bytes)).toMatchObject({ ok: false, reason: want });
  });

  it.each(['summary', 'constructor', ''])('does not know the kind "%s"', (kind) => {
    expect(parseEvent(kind, json(finding))).toMatchObject({ ok: false, reason: 'unknown-kind' });
  });

  it('never throws', () => {
    const kinds = fc.constantFrom('finding', 'change', 'health', 'tombstone');
    const payload = fc.oneof(
      fc.uint8Array(),
      fc.json().map((value) => Buffer.from(value)),
    );
    fc.assert(
      fc.property(kinds, payload, (kind, bytes) => {
        expect(parseEvent(kind, bytes).ok).toBe(false);
      }),
    );
  });
});

describe('encodeEvent', () => {
  it('gives what parseEvent reads', () => {
    const encoded = encodeEvent('finding', finding);
    expect(encoded.ok && parseEvent('finding', encoded.value)).toEqual({ ok: true, value: finding });
  });

  it.each([
    { name: 'a score that is no number', change: { score: Number.NaN }, want: 'wrong-shape' },
    {
      name: 'more evidence than an event holds',
      change: { evidence: Array(20).fill({ ...finding.evidence[0], attributes: { path: 'x'.repeat(4000) } }) },
      want: 'too-large',
    },
  ])('refuses $name before it is sent', ({ change, want }) => {
    expect(encodeEvent('finding', { ...finding, ...change })).toMatchObject({ ok: false, reason: want });
  });
});
