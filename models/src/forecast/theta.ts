import { defineForecaster } from './forecaster.ts';
import { additiveProfile } from './profile.ts';

const ALPHAS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.8];

/** Theta (Assimakopoulos and Nikolopoulos 2000): exponential smoothing with half of the linear drift, seasonally adjusted. */
export const theta = defineForecaster({
  name: 'theta',
  fit({ values, periods, horizon }) {
    const period = periods[0] ?? 1;
    if (values.length < Math.max(8, 2 * period)) return null;
    const profile = period > 1 ? additiveProfile(values, period) : new Float64Array(1);
    const adjusted = values.map((value, i) => value - profile[i % period]!);
    let best = ALPHAS[0]!;
    let bestError = Number.POSITIVE_INFINITY;
    for (const alpha of ALPHAS) {
      const { error } = smooth(adjusted, alpha);
      if (error < bestError) {
        best = alpha;
        bestError = error;
      }
    }
    return (history) => {
      const now = history.map((value, i) => value - profile[i % period]!);
      const { level } = smooth(now, best);
      const drift = slope(now) / 2;
      const n = history.length;
      return Float64Array.from(
        { length: horizon },
        (_, ahead) => level + drift * (ahead + 1) + profile[(n + ahead) % period]!,
      );
    };
  },
});

function smooth(values: Float64Array, alpha: number): { level: number; error: number } {
  let level = values[0]!;
  let error = 0;
  for (let i = 1; i < values.length; i++) {
    error += Math.abs(values[i]! - level);
    level += alpha * (values[i]! - level);
  }
  return { level, error };
}

function slope(values: Float64Array): number {
  const n = values.length;
  const middle = (n - 1) / 2;
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < n; i++) {
    top += (i - middle) * values[i]!;
    bottom += (i - middle) ** 2;
  }
  return bottom > 0 ? top / bottom : 0;
}
