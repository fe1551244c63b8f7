import { finding } from '@airis/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startLogs } from './logs-under-test.ts';

const HOUR = 360;

describe('forms of errors that a log never had', () => {
  it('are told once, with their lines, and are over when no more come', () => {
    const logs = startLogs();
    logs.steps(5 * HOUR, { 1: 20, 100: 1 });
    logs.step({ 1: 20, 100: 1, 101: 3 });
    logs.steps(5, { 1: 20, 100: 1, 101: 2 });
    expect(logs.opened()).toEqual(['new-template log-new']);
    expect(logs.findings[0]).toMatchObject({
      severity: 'info',
      startedAtUnixMs: logs.nowMs - 56_000,
      detectedAtUnixMs: logs.nowMs - 50_000,
      title: { ko: '처음 보는 오류 로그' },
    });
    expect(logs.findings[0]?.summary.ko).toContain('“line 101 of <*>”');
    expect(logs.findings[0]?.evidence).toEqual([expect.objectContaining({ kind: 'log', ref: '/log', value: 3 })]);
    logs.steps(30, { 1: 20, 100: 1, 101: 2 });
    expect(logs.closed()).toEqual(['new-template']);
  });

  it('that come several at once are told within minutes of the start, single ones not', () => {
    const logs = startLogs();
    logs.steps(12, { 1: 20 });
    logs.step({ 1: 20, 100: 1 });
    expect(logs.opened()).toEqual([]);
    logs.steps(12, { 1: 20 });
    logs.step({ 101: 1, 102: 1, 103: 1 });
    expect(logs.opened()).toEqual(['new-template log-new']);
  });

  it('tell nothing where new forms come all the time, nor where they are no errors', () => {
    const logs = startLogs();
    for (let i = 0; i < 4 * HOUR; i++) logs.step({ 1: 20, ...(i % 90 === 0 ? { [1_000 + i]: 1 } : {}) });
    expect(logs.opened()).toEqual([]);
    const quiet = startLogs();
    quiet.steps(3 * HOUR, { 1: 20 });
    quiet.step({ 2: 5, 3: 5 });
    expect(quiet.opened()).toEqual([]);
  });

  it('count as rare when they come again after long in a busy log', () => {
    const logs = startLogs();
    logs.step({ 100: 1 });
    logs.steps(5 * HOUR, { 1: 30 });
    logs.step({ 1: 30, 100: 1 });
    expect(logs.opened()).toEqual(['rare-template log-new']);
  });
});

describe('a burst of errors', () => {
  it('is told in the step it is seen, with what is usual, and ends', () => {
    const logs = startLogs();
    for (let i = 0; i < HOUR; i++) logs.step({ 1: 20, 100: i % 3 });
    logs.step({ 1: 20, 100: 60 });
    expect(logs.opened()).toEqual(['spike log-errors']);
    expect(logs.findings[0]).toMatchObject({
      severity: 'minor',
      nature: 'symptom',
      startedAtUnixMs: logs.nowMs - 6_000,
      entity: 'service:shop',
    });
    expect(logs.findings[0]?.summary).toEqual({
      ko: '/log의 오류 로그가 10초에 60줄까지 늘어 6초째 이어지고 있습니다(평소 2줄 이하). “line 100 of <*>”',
      en: '/log writes up to 60 errors in ten seconds (usually up to 2), for 6 s so far. “line 100 of <*>”',
    });
    logs.steps(6, { 100: 40 });
    logs.steps(8, { 100: 1 });
    expect(logs.closed()).toEqual(['spike']);
  });

  it('needs two steps where it is small, in a log that was silent too', () => {
    const logs = startLogs();
    logs.steps(12);
    logs.step({ 100: 8 });
    expect(logs.opened()).toEqual([]);
    logs.step({ 100: 8 });
    expect(logs.opened()).toEqual(['spike log-errors']);
  });

  it('is not a log that always has as many, and after half an hour it is usual', () => {
    const noisy = startLogs();
    for (let i = 0; i < 2 * HOUR; i++) noisy.step({ 100: 40 + (i % 20) });
    expect(noisy.opened()).toEqual([]);
    const changed = startLogs();
    changed.steps(HOUR, { 100: 1 });
    changed.steps(3 * HOUR, { 100: 50 });
    expect(changed.opened().length).toBe(1);
    expect(changed.closed()).toEqual(['spike']);
  });
});

describe('a regular line', () => {
  it('that stops is told, and that it is back', () => {
    const logs = startLogs();
    for (let i = 0; i < HOUR; i++) logs.step(i % 6 === 0 ? { 1: 1 } : { 2: 30 });
    logs.steps(40, { 2: 30 });
    expect(logs.opened()).toEqual(['missing log-silence']);
    expect(logs.findings[0]?.summary.ko).toBe(
      '/log에 60초마다 나오던 줄이 220초째 나오지 않습니다. “line 1 of <*>”'.replace('220초', '4분'),
    );
    logs.step({ 1: 1 });
    logs.steps(3, { 2: 30 });
    expect(logs.closed()).toEqual(['missing']);
  });

  it('is none that comes by chance, or with the traffic', () => {
    const logs = startLogs();
    let state = 7;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    for (let i = 0; i < 3 * HOUR; i++)
      logs.step({ ...(random() < 0.3 ? { 1: 1 } : {}), 2: 1 + Math.floor(20 * random()) });
    logs.steps(2 * HOUR);
    expect(logs.opened()).toEqual([]);
  });
});

describe('two lines that come together', () => {
  const both = (i: number) => ({ 1: 10 + (i % 7), 2: 10 + (i % 7), 3: 10 + ((i * 5) % 11) });

  it('are told when one comes without the other', () => {
    const logs = startLogs();
    for (let i = 0; i < 2 * HOUR; i++) logs.step(both(i));
    for (let i = 0; i < 18; i++) logs.step({ ...both(i), 2: 0 });
    expect(logs.opened()).toEqual(['sequence log-sequence']);
    expect(logs.findings[0]?.summary.en).toContain('Comes: “line 1 of <*>”. Does not: “line 2 of <*>”');
    for (let i = 0; i < 12; i++) logs.step(both(i));
    expect(logs.closed()).toEqual(['sequence']);
  });

  it('are quiet when both stay away, and when nothing tied them', () => {
    const logs = startLogs();
    for (let i = 0; i < 2 * HOUR; i++) logs.step(both(i));
    logs.steps(HOUR, { 3: 12 });
    expect(logs.opened()).toEqual([]);
  });
});

it('forms that read alike as far as they are quoted are quoted once', () => {
  const logs = startLogs((_, id) => `${'connect() failed '.repeat(10)}${id}`);
  logs.steps(12);
  logs.step({ 100: 30, 101: 30 });
  expect(logs.findings[0]?.summary.en.match(/“/g)).toHaveLength(1);
});

it('what may not be told is not in a finding', () => {
  const logs = startLogs(() => '');
  logs.steps(3 * HOUR, { 1: 20 });
  logs.step({ 100: 50 });
  expect(logs.opened()).toEqual(['new-template log-new', 'spike log-errors']);
  for (const { summary, evidence } of logs.findings) {
    expect(summary.ko).toContain('비공개');
    expect(evidence[0]).not.toHaveProperty('note');
  }
});

it('any lines in any order make findings that keep to their schema, and few of them', () => {
  const step = fc.dictionary(fc.integer({ min: 0, max: 400 }).map(String), fc.integer({ min: 0, max: 300 }), {
    maxKeys: 40,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const logs = startLogs(() => '가'.repeat(2_000));
      logs.steps(80, { 1: 1 });
      for (const lines of steps) logs.step(lines, '/'.repeat(300));
      for (const one of logs.findings) expect(finding.safeParse(one).error).toBeUndefined();
    }),
    { numRuns: 40 },
  );
});
