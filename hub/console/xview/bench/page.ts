/** What both contenders draw: the same made-up dots, the same window, as many frames as they manage. */
export interface Load {
  readonly windowMs: number;
  readonly perSecond: number;
  readonly lengthMs: number;
  readonly topMs: number;
}

/** Dots on the screen are `windowMs` × `perSecond`: 100,000. New ones come in batches, as polling brings them. */
export const load: Load = { windowMs: 50_000, perSecond: 2000, lengthMs: 10_000, topMs: 10_000 };
const BATCH_MS = 100;

export interface Dot {
  readonly elapsedMs: number;
  readonly isFailed: boolean;
}

/** Most requests take tens of milliseconds, a few seconds; one of 200 fails. The same row of dots for both. */
export function dotMaker(): () => Dot {
  let state = 12_345;
  const random = (): number => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return () => ({
    elapsedMs: Math.min(9900, 40 + 300 * -Math.log(1 - random()) * (random() < 0.1 ? 8 : 1)),
    isFailed: random() < 0.005,
  });
}

export interface Contender {
  /** Times ascend; called in batches. */
  add(timeMs: number, dot: Dot): void;
  /** Draws the window that ends at `toMs`. */
  draw(toMs: number): void;
}

/** @returns the lengths of all frames, ms, from one animation frame to the next */
export async function run(contender: Contender, startMs: number): Promise<number[]> {
  const make = dotMaker();
  const stepMs = 1000 / load.perSecond;
  let nextMs = startMs - load.windowMs;
  const addUntil = (untilMs: number): void => {
    for (; nextMs < untilMs; nextMs += stepMs) contender.add(nextMs, make());
  };
  addUntil(startMs);
  contender.draw(startMs);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const frames: number[] = [];
  return new Promise((resolve) => {
    let firstMs: number | null = null;
    let lastMs = 0;
    const frame = (nowMs: number): void => {
      firstMs ??= nowMs;
      if (lastMs > 0) frames.push(nowMs - lastMs);
      lastMs = nowMs;
      const passedMs = nowMs - firstMs;
      if (passedMs >= load.lengthMs) {
        resolve(frames);
        return;
      }
      addUntil(startMs + Math.floor(passedMs / BATCH_MS) * BATCH_MS);
      contender.draw(startMs + passedMs);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}
