import { forecastCapacity } from '@airis/models';
import { medianOf } from '../../models/src/quantile.ts';
import { createNormal, createRandom } from '../../models/src/random.ts';
import { printFigure } from './figure.ts';

const DAY_MS = 86_400_000;
const PER_DAY = 4;
const STEP_MS = DAY_MS / PER_DAY;
const FUTURE_DAYS = 90;
const DISKS = 300;
const pasts = [7, 14, 30, 60];

const random = createRandom(5);
const noise = createNormal(random);

/** How disks grow: growth in a quarter of a day, of `slope` on the mean. */
const courses: Readonly<Record<string, (slope: number, day: number, quarter: number, pastDays: number) => number>> = {
  steady: (slope) => slope,
  'on working days': (slope, day) => (day % 7 < 5 ? 1.4 * slope : 0),
  'in bursts': (slope) => (random() < 0.05 ? 40 * random() * slope : 0),
  'with weekly clean-ups': (slope, day, quarter) =>
    4 * slope - (day % 7 === 6 && quarter === 0 ? 0.8 * 4 * slope * PER_DAY * 7 : 0),
  'faster lately': (slope, day, _, pastDays) => (day < 0.6 * pastDays ? 0.3 : 1.5) * slope,
};

/** Values of the past and the future of a disk that is not full yet; `null` where it would have been. */
function drawDisk(name: string, pastDays: number): { past: number[]; fullInDays: number } | null {
  const horizonDays = Math.min(FUTURE_DAYS, 2 * pastDays);
  const slope = (0.5 * (0.3 + 6 * random() * random())) / horizonDays / PER_DAY;
  const spread = 0.003 + 0.01 * random();
  let level = 0.3 + 0.3 * random();
  const values = Array.from({ length: (pastDays + FUTURE_DAYS) * PER_DAY }, (_, i) => {
    level += courses[name]!(slope, Math.floor(i / PER_DAY), i % PER_DAY, pastDays);
    return Math.max(0, level + spread * noise());
  });
  const past = values.slice(0, pastDays * PER_DAY);
  const full = values.findIndex((value, i) => i >= past.length && value >= 1);
  const fullInDays = full < 0 ? Number.POSITIVE_INFINITY : (full + 1 - past.length) / PER_DAY;
  return Math.max(...past) >= 0.97 ? null : { past, fullInDays: fullInDays <= horizonDays ? fullInDays : Infinity };
}

/** Days to the limit by a straight line of least squares through all of the past. */
function byStraightLine(past: readonly number[]): number {
  const middle = (past.length - 1) / 2;
  const mean = past.reduce((sum, value) => sum + value, 0) / past.length;
  let covariance = 0;
  let variance = 0;
  past.forEach((value, i) => {
    covariance += (i - middle) * (value - mean);
    variance += (i - middle) ** 2;
  });
  const days = (1 - past.at(-1)!) / (covariance / variance) / PER_DAY;
  return days > 0 ? Math.min(days, FUTURE_DAYS) : FUTURE_DAYS;
}

/** Simulated disks: how far the expected date is from the true one, and how often the true one lies between the dates told. */
export async function runBench(): Promise<void> {
  for (const name of Object.keys(courses)) {
    for (const pastDays of pasts) {
      const wrong: number[] = [];
      const wrongByLine: number[] = [];
      let disks = 0;
      let covered = 0;
      let expected = 0;
      let full = 0;
      for (let disk = 0; disk < DISKS; disk++) {
        const drawn = drawDisk(name, pastDays);
        if (drawn === null) continue;
        const { past, fullInDays } = drawn;
        const forecast = forecastCapacity({ values: past, stepMs: STEP_MS, limit: 1 })!;
        const days = (ms: number | null) => (ms === null ? Number.POSITIVE_INFINITY : ms / DAY_MS);
        disks += 1;
        expected += forecast.probability;
        if (Number.isFinite(fullInDays)) full += 1;
        // A day on either side: values are six hours, or a day, wide.
        const isCovered = fullInDays >= days(forecast.earliestInMs) - 1 && fullInDays <= days(forecast.latestInMs) + 1;
        if (isCovered) covered += 1;
        if (!Number.isFinite(fullInDays) || forecast.inMs === null) continue;
        wrong.push(Math.abs(days(forecast.inMs) - fullInDays) / Math.max(1, fullInDays));
        wrongByLine.push(Math.abs(byStraightLine(past) - fullInDays) / Math.max(1, fullInDays));
      }
      process.stderr.write(
        `growing ${name}, ${pastDays} days of past: ${disks} disks, ${full} full within the horizon (${expected.toFixed(0)} expected), ${((100 * covered) / disks).toFixed(0)} % between the dates told\n`,
      );
      printFigure({
        figure: `capacity.date_error.${name.replaceAll(' ', '_')}.${pastDays}d`,
        value: medianOf(wrong),
        unit: '1',
        reference: 'straight line of least squares',
        referenceValue: medianOf(wrongByLine),
      });
    }
  }
}
