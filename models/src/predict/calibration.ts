import { type OddsModel, type OddsPattern, oddsOf } from './event-odds.ts';

/** How odds that were told compare with what then happened. */
export interface Calibration {
  /** Mean squared error of the odds, and of always telling the usual rate. */
  readonly brier: number;
  readonly brierOfUsual: number;
  /** By how likely it was said to be; without what never came up. */
  readonly bins: readonly {
    /** 0..1, mean of what was said, and the share that happened. */
    readonly said: number;
    readonly happened: number;
    readonly times: number;
  }[];
}

const BIN_EDGES = [0.002, 0.01, 0.05, 0.15, 0.4] as const;

/**
 * @param patterns - of times that the model has not seen
 * @param usual - how often it happened in the times that it has seen, 0..1
 * @returns null without any times
 * @see Brier 1950, "Verification of Forecasts Expressed in Terms of Probability"
 */
export function calibrationOf(model: OddsModel, usual: number, patterns: readonly OddsPattern[]): Calibration | null {
  const total = patterns.reduce((sum, { times }) => sum + times, 0);
  if (total === 0) return null;
  let brier = 0;
  let brierOfUsual = 0;
  const bins = Array.from({ length: BIN_EDGES.length + 1 }, () => ({ said: 0, happened: 0, times: 0 }));
  for (const { factors, times, events } of patterns) {
    const { probability } = oddsOf(model, factors);
    brier += squaredError(probability, times, events);
    brierOfUsual += squaredError(usual, times, events);
    const bin = bins[BIN_EDGES.filter((edge) => probability >= edge).length]!;
    bin.said += probability * times;
    bin.happened += events;
    bin.times += times;
  }
  return {
    brier: brier / total,
    brierOfUsual: brierOfUsual / total,
    bins: bins
      .filter(({ times }) => times > 0)
      .map(({ said, happened, times }) => ({ said: said / times, happened: happened / times, times })),
  };
}

const squaredError = (said: number, times: number, events: number): number =>
  events * (1 - said) ** 2 + (times - events) * said ** 2;
