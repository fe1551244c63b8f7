import { describe, expect, it } from 'vitest';
import { patternChange } from './pattern-change.ts';
import { propagation } from './propagation.ts';
import { evidenceOf, type Measure, type RcaCase, type RcaMethod, type RcaSeries } from './rca-method.ts';
import { resourceChange } from './resource-change.ts';

const STEP_MS = 10_000;
const ROWS = 100;
const FROM = 90;

/** Deterministic noise, -1..1. */
const noise = (row: number, seed: number): number => Math.sin(row * 12.9898 + seed * 78.233);

function series(entity: string, measure: Measure, usual: number, hurt: number, peer: string | null = null): RcaSeries {
  const values = Float64Array.from(
    { length: ROWS },
    (_, row) => (row >= FROM ? hurt : usual) * (1 + 0.05 * noise(row, entity.length + measure.length)),
  );
  return { entity, peer, measure, metric: `${measure} of ${entity}`, values };
}

/** web → was → app → db. */
function aCase(seriesOfCase: readonly RcaSeries[], more: Partial<RcaCase> = {}): RcaCase {
  const entities = ['web', 'was', 'app', 'db'];
  return {
    fromUnixMs: FROM * STEP_MS,
    toUnixMs: ROWS * STEP_MS,
    alerting: null,
    entities,
    dependencies: entities.slice(1).map((callee, i) => ({ caller: entities[i]!, callee, confidence: 1 })),
    times: Float64Array.from({ length: ROWS }, (_, row) => row * STEP_MS),
    series: seriesOfCase,
    findings: [],
    changes: [],
    patterns: [],
    ...more,
  };
}

function first(method: RcaMethod, facts: RcaCase): string | undefined {
  return [...method.suspects(facts)].sort((a, b) => evidenceOf(b) - evidenceOf(a))[0]?.entity;
}

const calls = ['web', 'was', 'app', 'db'].map((entity) => series(entity, 'calls', 20, 20));

describe('propagation', () => {
  it('blames the deepest slow service when all before it wait for it', () => {
    const slow = (hurt: number) => ['web', 'was', 'app', 'db'].map((one) => series(one, 'latency', 0.1, 0.1 + hurt));
    expect(first(propagation, aCase([...calls, ...slow(1)], { alerting: 'web' }))).toBe('db');
  });

  it('blames the service whose own time grew, not what it calls', () => {
    const facts = aCase(
      [
        ...calls,
        series('web', 'latency', 0.3, 1.3),
        series('was', 'latency', 0.2, 1.2),
        series('app', 'latency', 0.1, 1.1),
        series('db', 'latency', 0.05, 0.05),
      ],
      { alerting: 'web' },
    );
    expect(first(propagation, facts)).toBe('app');
  });

  it('names the network where callers wait and the server answers as usual', () => {
    const facts = aCase([
      series('was', 'latency', 0.2, 1.2),
      series('was', 'latency', 0.1, 1.1, 'app'),
      series('app', 'latency', 0.1, 0.1),
      series('app', 'latency', 0.05, 0.05, 'db'),
    ]);
    const suspect = propagation.suspects(facts).find(({ entity }) => entity === 'app');
    expect(suspect?.reasons.map(({ text }) => text.en).join()).toContain('the network between');
  });

  it('suspects a service that takes requests but no longer calls what it needs', () => {
    const facts = aCase([
      series('web', 'calls', 20, 20),
      series('was', 'calls', 20, 20),
      series('app', 'calls', 20, 20),
      series('db', 'calls', 60, 0.1),
    ]);
    expect(first(propagation, facts)).toBe('app');
  });

  it('says nothing of a system in which nothing changed', () => {
    const facts = aCase([...calls, ...['web', 'was'].map((one) => series(one, 'latency', 0.1, 0.1))]);
    const most = Math.max(0, ...propagation.suspects(facts).map(evidenceOf));
    expect(most).toBeLessThan(0.7);
  });
});

describe('resource change', () => {
  it('suspects the service whose own CPU rose, whatever its size', () => {
    const facts = aCase([series('app', 'cpu', 0.1, 0.9), series('web', 'cpu', 0.3, 0.31)]);
    expect(first(resourceChange, facts)).toBe('app');
  });

  it('survives series with gaps, too short ones, and none', () => {
    const gaps: RcaSeries = { ...series('app', 'cpu', 1, 1), values: new Float64Array(ROWS).fill(Number.NaN) };
    expect(resourceChange.suspects(aCase([gaps]))).toEqual([]);
    expect(resourceChange.suspects(aCase([], { times: new Float64Array() }))).toEqual([]);
  });
});

describe('pattern change', () => {
  const pattern = (entity: string, before: number, during: number) => ({
    entity,
    pattern: `${entity}: line`,
    before,
    beforeTotal: 50,
    during,
    duringTotal: 50,
  });

  it('suspects who behaves otherwise, and not who only calls it', () => {
    const facts = aCase([], { patterns: [pattern('was', 50, 10), pattern('app', 50, 0), pattern('db', 25, 27)] });
    expect(first(patternChange, facts)).toBe('app');
    expect(patternChange.suspects(facts).some(({ entity }) => entity === 'db')).toBe(false);
  });
});
