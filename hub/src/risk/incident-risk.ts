import {
  type Calibration,
  calibrationOf,
  fitOdds,
  type Odds,
  type OddsModel,
  type OddsPattern,
  oddsOf,
} from '@airis/models';
import { type RiskFactor, riskFactors } from './risk-factors.ts';
import type { RiskHistory, Span } from './risk-history.ts';

/** Odds are of an incident that begins within so long. */
export const HORIZON_MS = 30 * 60_000;
const CELL_MS = 5 * 60_000;
const CELLS_AHEAD = HORIZON_MS / CELL_MS;
/** One incident in thirty days of a host is believed before anything was seen. */
const USUAL = { mean: Math.log(HORIZON_MS / (30 * 86_400_000)), deviation: 1.5 } as const;
/** Odds of the last third of the past are told by what came before it, and held against what happened. */
const SEEN_SHARE = 2 / 3;
/** Fewer incidents in that third show nothing. */
const INCIDENTS_NEEDED = 5;

export interface RiskModel {
  readonly odds: OddsModel;
  /** Null while there is too little past to tell. */
  readonly calibration: (Calibration & { readonly incidents: number; readonly days: number }) | null;
}

export interface HostRisk extends Odds {
  readonly agent: string;
  /** The odds without any factor but the time of day. */
  readonly usual: number;
  /** Factors that hold and raise the odds, the strongest first. */
  readonly factors: readonly RiskFactor[];
}

/** What the past of a fleet teaches of its next half hour. */
export function riskModelOf(history: RiskHistory): RiskModel {
  const priors = [USUAL, ...riskFactors.map(({ prior }) => prior)];
  const cut = history.fromUnixMs + SEEN_SHARE * (history.toUnixMs - history.fromUnixMs);
  const seen = new PatternCount();
  const all = new PatternCount();
  const unseen = new PatternCount();
  for (const agent of history.watchedSince.keys()) {
    for (const cell of cellsOf(history, agent)) {
      all.add(cell);
      // What would only be known after the cut teaches nothing before it.
      if (cell.atUnixMs + HORIZON_MS <= cut) seen.add(cell);
      else if (cell.atUnixMs >= cut) unseen.add(cell);
    }
  }
  const incidents = history.incidents.filter(({ fromUnixMs }) => fromUnixMs >= cut).length;
  const { times, events } = seen.total();
  const calibration =
    incidents < INCIDENTS_NEEDED || times === 0
      ? null
      : calibrationOf(fitOdds(seen.patterns(), priors), events / times, unseen.patterns());
  const days = (history.toUnixMs - cut) / 86_400_000;
  return {
    odds: fitOdds(all.patterns(), priors),
    calibration: calibration === null ? null : { ...calibration, incidents, days },
  };
}

/** Odds of each host now, the likeliest first; hosts that are in an incident are left out. */
export function risksNow({ odds }: RiskModel, history: RiskHistory): readonly HostRisk[] {
  const now = history.toUnixMs;
  return [...history.watchedSince.keys()]
    .filter((agent) => !history.incidents.some((one) => one.agents.includes(agent) && isWithin(one, now)))
    .map((agent) => {
      const held = riskFactors.map((factor) => factor.spans(history, agent).some((span) => isWithin(span, now)));
      const bits = held.reduce((mask, isHeld, i) => (isHeld ? mask | (1 << i) : mask), 0);
      return {
        agent,
        ...oddsOf(odds, bits),
        usual: oddsOf(odds, bits & TIME_OF_DAY).probability,
        factors: riskFactors
          .map((factor, i) => ({ factor, weight: held[i] === true ? odds.weights[i + 1]! : 0, i }))
          .filter(({ weight, i }) => weight > 0 && (TIME_OF_DAY & (1 << i)) === 0)
          .sort((a, b) => b.weight - a.weight)
          .map(({ factor }) => factor),
      };
    })
    .sort((a, b) => b.probability - a.probability || (a.agent < b.agent ? -1 : 1));
}

/** Bits of what holds by the clock alone. */
const TIME_OF_DAY = riskFactors.reduce((mask, { name }, i) => (name === 'office-hours' ? mask | (1 << i) : mask), 0);

const isWithin = ({ fromUnixMs, toUnixMs }: Span, at: number): boolean => fromUnixMs <= at && at < toUnixMs;

interface Cell {
  readonly atUnixMs: number;
  readonly factors: number;
  readonly isFollowed: boolean;
}

/** Every five minutes of a host outside its incidents: which factors held, and whether an incident began within the horizon. */
function* cellsOf(history: RiskHistory, agent: string): Generator<Cell> {
  const from = Math.max(history.fromUnixMs, history.watchedSince.get(agent) ?? history.fromUnixMs);
  const count = Math.max(0, Math.floor((history.toUnixMs - HORIZON_MS - from) / CELL_MS));
  const factors = new Uint16Array(count);
  const isLeftOut = new Uint8Array(count);
  const isFollowed = new Uint8Array(count);
  riskFactors.forEach((factor, i) => {
    for (const span of factor.spans(history, agent)) eachCell(span, from, count, (at) => (factors[at]! |= 1 << i));
  });
  for (const incident of history.incidents) {
    if (!incident.agents.includes(agent)) continue;
    const before = { fromUnixMs: incident.fromUnixMs - HORIZON_MS, toUnixMs: incident.fromUnixMs };
    eachCell(before, from, count, (at) => (isFollowed[at] = 1));
    eachCell(incident, from, count, (at) => (isLeftOut[at] = 1));
  }
  for (let at = 0; at < count; at++) {
    if (isLeftOut[at] === 1) continue;
    yield { atUnixMs: from + at * CELL_MS, factors: factors[at]!, isFollowed: isFollowed[at] === 1 };
  }
}

/** Cells whose beginning lies within a span. */
function eachCell({ fromUnixMs, toUnixMs }: Span, from: number, count: number, visit: (at: number) => void): void {
  const first = Math.max(0, Math.ceil((fromUnixMs - from) / CELL_MS));
  const end = Math.min(count, Math.ceil((toUnixMs - from) / CELL_MS));
  for (let at = first; at < end; at++) visit(at);
}

/** Half hours overlap: each cell counts as the part of them that is its own. */
class PatternCount {
  readonly #times = new Float64Array(1 << riskFactors.length);
  readonly #events = new Float64Array(1 << riskFactors.length);

  add({ factors, isFollowed }: Cell): void {
    this.#times[factors]! += 1 / CELLS_AHEAD;
    if (isFollowed) this.#events[factors]! += 1 / CELLS_AHEAD;
  }

  patterns(): OddsPattern[] {
    const found: OddsPattern[] = [];
    this.#times.forEach((times, factors) => {
      if (times > 0) found.push({ factors, times, events: this.#events[factors]! });
    });
    return found;
  }

  total(): { times: number; events: number } {
    return { times: this.#times.reduce((a, b) => a + b, 0), events: this.#events.reduce((a, b) => a + b, 0) };
  }
}
