import { koreanTime } from '../korean-time.ts';
import { ApiError } from './api-error.ts';
import type { MetricsResult } from './ports.ts';
import { agentOf, hostIdOf } from './present.ts';
import { defineRoute } from './route.ts';
import { pageOf } from './schema/common.ts';
import { logLine, logsQuery, metricsAnswer, metricsQuery } from './schema/query.ts';
import { windowOf } from './time-window.ts';
import type { MetricsAnswer } from './types.ts';

/** Values a series where no step is asked for: a chart has about as many pixels. */
const USUAL_VALUES = 300;
const MAX_VALUES = 11_000;
const STEPS_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400];

export const queryMetrics = defineRoute({
  method: 'POST',
  path: '/api/v1/query/metrics',
  summary: 'Series of one metric over a window',
  auth: 'viewer',
  body: metricsQuery,
  response: metricsAnswer,
  audit: null,
  async handle({ body }, hub) {
    const window = windowOf(body, hub.clock());
    const stepSeconds = body.stepSeconds ?? usualStep(window.toUnixMs - window.fromUnixMs);
    if ((window.toUnixMs - window.fromUnixMs) / (stepSeconds * 1000) > MAX_VALUES) {
      throw new ApiError(400, 'BAD_REQUEST', `the window holds more than ${MAX_VALUES} steps`, {
        hint: 'ask for a longer step',
      });
    }
    const { metric, attributes, aggregate } = body;
    const agents = body.hosts?.map(agentOf);
    const result = await hub.query.metrics({
      metric,
      attributes,
      aggregate,
      agents,
      ...window,
      stepMs: stepSeconds * 1000,
    });
    return present(result, (result.stepMs ?? stepSeconds * 1000) / 1000);
  },
});

export const queryLogs = defineRoute({
  method: 'POST',
  path: '/api/v1/query/logs',
  summary: 'Log lines over a window, newest first',
  auth: 'viewer',
  body: logsQuery,
  response: pageOf(logLine),
  audit: null,
  async handle({ body }, hub) {
    const { hosts, from: _from, to: _to, ...filter } = body;
    const window = windowOf(body, hub.clock());
    const page = await hub.query.logs({ ...filter, ...window, agents: hosts?.map(agentOf) });
    return {
      items: page.items.map(({ timeUnixMs, agent, ...line }) => ({
        time: koreanTime(timeUnixMs),
        host: hostIdOf(agent),
        ...line,
      })),
      nextCursor: page.nextCursor,
    };
  },
});

/** The shortest usual step that gives at most 300 values. */
export function usualStep(windowMs: number): number {
  return STEPS_SECONDS.find((seconds) => windowMs / (seconds * 1000) <= USUAL_VALUES) ?? 86_400;
}

function present(result: MetricsResult, stepSeconds: number): MetricsAnswer {
  const [first, second] = result.times;
  return {
    // The store may hold older values in longer steps than asked for.
    stepSeconds: first === undefined || second === undefined ? stepSeconds : (second - first) / 1000,
    times: [...result.times],
    series: result.series.map(({ agent, mean, min, max, ...rest }) => ({
      ...rest,
      attributes: { ...rest.attributes },
      host: hostIdOf(agent),
      mean: withNulls(mean),
      min: withNulls(min),
      max: withNulls(max),
    })),
    gaps: result.gaps.map((gap) => ({
      host: hostIdOf(gap.agent),
      from: koreanTime(gap.fromUnixMs),
      to: koreanTime(gap.toUnixMs),
      rows: gap.rows,
      reason: gap.reason,
    })),
  };
}

/** JSON knows no NaN; a gap is null. */
function withNulls(values: ArrayLike<number | null>): (number | null)[] {
  return Array.from(values, (value) => (value !== null && Number.isFinite(value) ? value : null));
}
