import { type HostRisk, type RiskModel, riskModelOf, risksNow } from './incident-risk.ts';
import { LEARNT_FROM_MS, NOW_RESTS_ON_MS, type RiskSources, readRiskHistory } from './read-risk-history.ts';

export interface RiskForecast {
  /** Hosts that are in no incident, the likeliest first. */
  readonly risks: readonly HostRisk[];
  readonly calibration: RiskModel['calibration'];
  readonly asOfUnixMs: number;
}

/** The odds change with what happens, not by the second, and 90 days are not read for every question. */
const GOOD_FOR_MS = 60_000;
const MODEL_GOOD_FOR_MS = 3_600_000;

/** Odds of an incident in the next half hour, learnt from what this fleet has been through; worked out when asked for. */
export function createRiskForecast(sources: RiskSources, clock: () => number): () => Promise<RiskForecast> {
  let model: { readonly at: number; readonly is: RiskModel } | null = null;
  let answer: { readonly at: number; readonly is: Promise<RiskForecast> } | null = null;

  async function forecast(nowUnixMs: number): Promise<RiskForecast> {
    if (model === null || isOld(model.at, MODEL_GOOD_FOR_MS, nowUnixMs)) {
      model = { at: nowUnixMs, is: riskModelOf(await readRiskHistory(sources, nowUnixMs, LEARNT_FROM_MS)) };
    }
    const recent = await readRiskHistory(sources, nowUnixMs, NOW_RESTS_ON_MS);
    return { risks: risksNow(model.is, recent), calibration: model.is.calibration, asOfUnixMs: nowUnixMs };
  }

  return () => {
    const nowUnixMs = clock();
    if (answer !== null && !isOld(answer.at, GOOD_FOR_MS, nowUnixMs)) return answer.is;
    const fresh = { at: nowUnixMs, is: forecast(nowUnixMs) };
    answer = fresh;
    // A question that failed is asked again.
    fresh.is.catch(() => {
      if (answer === fresh) answer = null;
    });
    return fresh.is;
  };
}

const isOld = (at: number, goodForMs: number, nowUnixMs: number): boolean => Math.abs(nowUnixMs - at) >= goodForMs;
