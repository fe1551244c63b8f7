import { detectManyChannels } from './many-channels.ts';
import { detectOneChannel } from './one-channel.ts';

export interface BatchDetection {
  /** One a row, >= 0, larger is stranger; comparable within one table. */
  readonly scores: Float64Array;
  /** 1 where a finding opens, by the detector's own threshold. */
  readonly alarms: Uint8Array;
  /** 1 where what opens a finding holds. */
  readonly strange: Uint8Array;
}

/** How a table is read. */
export interface BatchOptions {
  /** Time between rows. */
  readonly stepSeconds: number;
  readonly seed: number;
  /** Names of `batchDetectors` that are left out, to see what each adds. */
  readonly without?: readonly string[];
  /** The name of the one of `batchDetectors` that judges alone, also a single channel. */
  readonly only?: string;
}

/**
 * Judges a whole table offline, as if its rows came one by one: the score of a row uses that row and earlier ones, and
 * models fitted on the first `trainRows` rows. One column a channel, at a fixed step; NaN marks a gap. Lets others have
 * their turn after each detector, every 70 ms or so at a week of five-minute rows.
 */
export async function detectBatch(
  channels: readonly Float64Array[],
  trainRows: number,
  options: BatchOptions,
): Promise<BatchDetection> {
  const [only, ...more] = channels;
  if (only === undefined) {
    return { scores: new Float64Array(0), alarms: new Uint8Array(0), strange: new Uint8Array(0) };
  }
  const fitRows = Math.min(trainRows, only.length);
  if (more.length === 0 && options.only === undefined) return detectOneChannel(only, fitRows, options);
  return detectManyChannels(channels, fitRows, options);
}
