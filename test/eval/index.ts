import { alertsEval } from './alerts.ts';
import { detectEval } from './detect.ts';
import type { Eval } from './eval.ts';
import { forecastEval } from './forecast.ts';
import { injectedEval } from './injected.ts';
import { logsEval } from './logs.ts';
import { rcaEval } from './rca.ts';
import { scoreEval } from './score.ts';

/** Every eval that can be named on the command line. */
export const evals: readonly Eval[] = [
  alertsEval,
  detectEval,
  forecastEval,
  injectedEval,
  logsEval,
  rcaEval,
  scoreEval,
];
