import type { Dots } from './decode-dots.ts';

/** What the picture shows: times in Unix ms, elapsed in ms, size in device pixels. */
export interface View {
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  readonly maxElapsedMs: number;
  readonly width: number;
  readonly height: number;
}

export interface Bins {
  /** Requests per device pixel, row by row from the top. */
  readonly all: Uint32Array;
  readonly failed: Uint32Array;
  /** Requests above `maxElapsedMs`, per column: marked at the top edge instead of hidden. */
  readonly clipped: Uint32Array;
}

/** Counts every dot of the view into its pixel; nothing is sampled. */
export function binDots(dots: Dots, view: View): Bins {
  const { fromUnixMs, toUnixMs, maxElapsedMs, width, height } = view;
  const all = new Uint32Array(width * height);
  const failed = new Uint32Array(width * height);
  const clipped = new Uint32Array(width);
  for (let at = 0; at < dots.endUnixMs.length; at += 1) {
    const time = dots.endUnixMs[at] ?? 0;
    if (time < fromUnixMs || time >= toUnixMs) continue;
    const x = Math.min(width - 1, Math.floor(((time - fromUnixMs) / (toUnixMs - fromUnixMs)) * width));
    const elapsed = dots.elapsedMs[at] ?? 0;
    if (elapsed > maxElapsedMs) {
      clipped[x] = (clipped[x] ?? 0) + 1;
      continue;
    }
    const y = height - 1 - Math.min(height - 1, Math.floor((elapsed / maxElapsedMs) * height));
    const cell = y * width + x;
    all[cell] = (all[cell] ?? 0) + 1;
    if (((dots.flags[at] ?? 0) & 1) === 1) failed[cell] = (failed[cell] ?? 0) + 1;
  }
  return { all, failed, clipped };
}
