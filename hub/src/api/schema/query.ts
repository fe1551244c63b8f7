import { z } from 'zod';
import { hostId, timeExpression, timestamp } from './common.ts';

const attributes = z.record(z.string().max(128), z.string().max(512));

/** Series of one metric on a common grid of times. Without `stepSeconds` the hub takes the step that gives about 300 values. */
export const metricsQuery = z.strictObject({
  metric: z.string().min(1).max(200),
  hosts: z.array(hostId).min(1).max(200).optional(),
  attributes: attributes.optional(),
  from: timeExpression,
  to: timeExpression,
  stepSeconds: z.number().int().min(1).max(86_400).optional(),
  aggregate: z.enum(['avg', 'max', 'min', 'sum']).default('avg'),
});
export type MetricsQuery = z.input<typeof metricsQuery>;

export const metricSeries = z.object({
  id: z.string().describe('16 hex digits'),
  host: hostId,
  metric: z.string(),
  attributes,
  unit: z.string(),
  mean: z.array(z.number().nullable()),
  min: z.array(z.number().nullable()),
  max: z.array(z.number().nullable()),
});
export type MetricSeries = z.infer<typeof metricSeries>;

export const metricsAnswer = z.object({
  stepSeconds: z.number().positive(),
  times: z.array(z.number()).describe('Unix ms, start of each step; columns of every series line up with it'),
  series: z.array(metricSeries),
  /** What was lost on the way in this window, to be drawn and named. */
  gaps: z.array(z.object({ host: hostId, from: timestamp, to: timestamp, rows: z.number(), reason: z.string() })),
});
export type MetricsAnswer = z.infer<typeof metricsAnswer>;

export const logsQuery = z.strictObject({
  hosts: z.array(hostId).min(1).max(200).optional(),
  source: z.string().max(300).optional(),
  text: z.string().max(200).optional().describe('case-insensitive part of the line'),
  minSeverity: z.number().int().min(1).max(24).optional().describe('OpenTelemetry severity number'),
  from: timeExpression,
  to: timeExpression,
  limit: z.number().int().min(1).max(1000).default(200),
  cursor: z.string().max(200).optional(),
});
export type LogsQuery = z.input<typeof logsQuery>;

export const logLine = z.object({
  time: timestamp,
  host: hostId,
  source: z.string(),
  severity: z.int(),
  templateId: z.string().describe('16 hex digits'),
  body: z.string(),
});
export type LogLine = z.infer<typeof logLine>;
