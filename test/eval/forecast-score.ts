import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { forecastSeries } from '@airis/models';
import { bridged } from '../../models/src/forecast/gaps.ts';
import { readText } from './read-text.ts';

const HOUR_MS = 3_600_000;

interface Protocol {
  readonly horizon: number;
  readonly windows: number;
  readonly max_history: number;
  readonly series: readonly string[];
}

/** MASE and coverage of the 90 % band on hourly means, by the protocol of the data's own manifest; there is no scorer for it. */
export async function scoreForecasts(root: string, print: (line: string) => void): Promise<void> {
  // Written beside the data it describes.
  const protocol = JSON.parse(await readFile(join(root, 'forecast/manifest.json'), 'utf8')) as Protocol;
  const scores: { mase: number; coverage: number }[] = [];
  for (const id of protocol.series) {
    const hours = hourlyMeans(await readText(join(root, `${id}.csv.gz`)));
    const score = scoreOf(hours, protocol);
    print(`${id}  MASE ${score.mase.toFixed(3)}  coverage ${score.coverage.toFixed(3)}`);
    scores.push(score);
  }
  const mean = (of: 'mase' | 'coverage') => scores.reduce((sum, one) => sum + one[of], 0) / scores.length;
  print(
    `forecast  mean MASE ${mean('mase').toFixed(3)} (goal .70)  mean coverage ${mean('coverage').toFixed(3)} (goal .87 to .93)`,
  );
}

interface Hours {
  readonly startUnixMs: number;
  readonly values: Float64Array;
}

/** Means of whole hours; the last, cut one is left out, gaps are bridged: the protocol measures against them too. */
function hourlyMeans(csv: string): Hours {
  const lines = csv.trim().split(/\r?\n/);
  const header = lines[0]!.split(',');
  const time = header.indexOf('timestamp');
  const value = header.indexOf('value');
  const sums = new Map<number, { sum: number; count: number }>();
  for (const line of lines.slice(1)) {
    const cells = line.split(',');
    const hour = Math.floor(Date.parse(`${cells[time]!.replace(' ', 'T').replace(/Z$/, '')}Z`) / HOUR_MS);
    const one = sums.get(hour) ?? { sum: 0, count: 0 };
    one.sum += Number(cells[value]);
    one.count++;
    sums.set(hour, one);
  }
  const first = Math.min(...sums.keys());
  const last = Math.max(...sums.keys());
  const values = Array.from({ length: last - first }, (_, i) => {
    const one = sums.get(first + i);
    return one === undefined ? Number.NaN : one.sum / one.count;
  });
  return { startUnixMs: first * HOUR_MS, values: bridged(values) };
}

function scoreOf(
  { startUnixMs, values }: Hours,
  { horizon, windows, max_history }: Protocol,
): { mase: number; coverage: number } {
  let missed = 0;
  let covered = 0;
  let scale = 0;
  for (let window = windows; window >= 1; window--) {
    const origin = values.length - horizon * window;
    const from = Math.max(0, origin - max_history);
    const history = values.slice(from, origin);
    if (window === windows) {
      scale =
        history.slice(24).reduce((sum, value, i) => sum + Math.abs(value - history[i]!), 0) / (history.length - 24);
    }
    const { mean, ninety } = forecastSeries({
      values: history,
      horizon,
      clock: { startUnixMs: startUnixMs + from * HOUR_MS, stepMs: HOUR_MS },
    });
    for (let ahead = 0; ahead < horizon; ahead++) {
      const value = values[origin + ahead]!;
      missed += Math.abs(mean[ahead]! - value);
      if (value >= ninety.lower[ahead]! && value <= ninety.upper[ahead]!) covered++;
    }
  }
  const steps = windows * horizon;
  return { mase: missed / steps / scale, coverage: covered / steps };
}
