import { describe, expect, it } from 'vitest';
import { HORIZON_MS, riskModelOf, risksNow } from './incident-risk.ts';
import { createRiskForecast } from './risk-forecast.ts';
import type { RiskHistory } from './risk-history.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-11-20T22:00:00+09:00');

/** The same numbers each time. */
function createNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Hosts that break once in twenty days, and in three of ten cases within half an hour of an error never seen before. Such
 * errors come once in two days.
 */
function fleet(hosts: number, days: number): RiskHistory {
  const random = createNumbers(11);
  const from = NOW - days * DAY;
  const incidents: RiskHistory['incidents'][number][] = [];
  const findings: RiskHistory['findings'][number][] = [];
  const agents = Array.from({ length: hosts }, (_, i) => `h-${i}`);
  const breaks = (agent: string, at: number) => {
    if (at < NOW) incidents.push({ agents: [agent], fromUnixMs: at, toUnixMs: at + 20 * MINUTE });
  };
  for (const agent of agents) {
    for (let at = from; at < NOW; at += 10 * MINUTE) {
      if (random() < 10 / (20 * 1_440)) breaks(agent, at);
      if (random() < 10 / (2 * 1_440)) {
        findings.push({ agent, trouble: 'log-new', fromUnixMs: at, toUnixMs: at + 5 * MINUTE });
        if (random() < 0.3) breaks(agent, at + 15 * MINUTE);
      }
    }
  }
  return {
    fromUnixMs: from,
    toUnixMs: NOW,
    watchedSince: new Map(agents.map((agent) => [agent, from])),
    incidents,
    findings,
    changes: [],
    needs: () => [],
  };
}

describe('odds of the next half hour', () => {
  it('are learnt from what came before incidents, and come true as often as they say', () => {
    const history = fleet(20, 60);
    const model = riskModelOf(history);
    const warned: RiskHistory = {
      ...history,
      incidents: [],
      findings: [{ agent: 'h-3', trouble: 'log-new', fromUnixMs: NOW - MINUTE, toUnixMs: Number.POSITIVE_INFINITY }],
    };
    const [first, second] = risksNow(model, warned);
    expect(first).toMatchObject({ agent: 'h-3', factors: [{ name: 'log-errors' }] });
    expect(first?.probability).toBeGreaterThan(0.12);
    expect(first?.probability).toBeLessThan(0.45);
    expect(first!.probability).toBeGreaterThan(8 * first!.usual);
    expect(second!.probability).toBeLessThan(0.02);
    const { calibration } = model;
    expect(calibration!.brier).toBeLessThan(0.95 * calibration!.brierOfUsual);
    for (const { said, happened, times } of calibration!.bins) {
      if (times > 100) expect(Math.abs(said - happened)).toBeLessThan(Math.max(0.01, 0.35 * said));
    }
  });

  it('are sober for a new fleet, and nothing is said of how good they are', () => {
    const model = riskModelOf(fleet(2, 1));
    expect(model.calibration).toBeNull();
    const quiet = { ...fleet(2, 1), incidents: [], findings: [] };
    expect(risksNow(model, quiet)[0]?.probability).toBeLessThan(0.02);
  });

  it('are not told of a host that is in an incident, nor learnt from one', () => {
    const history = fleet(3, 20);
    const open = { agents: ['h-1'], fromUnixMs: NOW - 5 * DAY, toUnixMs: Number.POSITIVE_INFINITY };
    const broken = { ...history, incidents: [...history.incidents, open] };
    expect(risksNow(riskModelOf(broken), broken).map(({ agent }) => agent)).not.toContain('h-1');
  });

  it.each<[string, Partial<RiskHistory>]>([
    ['no host', { watchedSince: new Map() }],
    ['a host of tomorrow', { watchedSince: new Map([['h-0', NOW + DAY]]) }],
    [
      'times without end or order',
      { incidents: [{ agents: ['h-0'], fromUnixMs: NOW, toUnixMs: Number.NEGATIVE_INFINITY }] },
    ],
    ['a past of nothing', { fromUnixMs: NOW, toUnixMs: NOW }],
    ['a host that needs itself', { needs: () => ['h-0'] }],
  ])('bear %s', (_, odd) => {
    const history = { ...fleet(1, 2), ...odd };
    for (const { probability, low, high } of risksNow(riskModelOf(history), history)) {
      expect(low <= probability && probability <= high && high <= 1).toBe(true);
    }
  });
});

describe('the forecast of risks', () => {
  it('is worked out once a minute at most, and again after a failure', async () => {
    let now = NOW;
    let reads = 0;
    let isAway = true;
    const none = async () => ({ items: [], next: null });
    const forecast = createRiskForecast(
      {
        records: {
          listIncidents: none,
          unresolvedIncidents: async () => [],
          listFindings: none,
          changesBetween: async () => [],
        },
        agents: {
          async agents() {
            reads += 1;
            if (isAway) throw new Error('the state is away');
            return [
              { id: 'web-1', enrolledAtUnixMs: NOW - DAY, revokedAtUnixMs: null },
              { id: 'gone', enrolledAtUnixMs: NOW - DAY, revokedAtUnixMs: NOW },
            ];
          },
        },
        needs: () => new Map(),
      },
      () => now,
    );
    await expect(forecast()).rejects.toThrow('away');
    isAway = false;
    const [first, second] = await Promise.all([forecast(), forecast()]);
    expect(first).toBe(second);
    expect(first.risks.map(({ agent }) => agent)).toEqual(['web-1']);
    // The whole past and the last days, after the try that failed.
    expect(reads).toBe(3);
    now += HORIZON_MS;
    await forecast();
    expect(reads).toBe(4);
  });
});
