import { z } from 'zod';
import { entityId } from '../ids.ts';

/** Kinds of anomaly, as detectors name them. */
export const findingKind = z.enum([
  'spike',
  'level-shift',
  'drift',
  'seasonal-break',
  'flat-line',
  'missing',
  'saturation',
  'multivariate',
  'new-template',
  'rare-template',
  'sequence',
]);
export type FindingKind = z.infer<typeof findingKind>;

export const severity = z.enum(['info', 'minor', 'major', 'critical']);
export type Severity = z.infer<typeof severity>;

/** The same sentence in both languages of the console. */
export const bilingual = z.object({ ko: z.string().max(500), en: z.string().max(500) });
export type Bilingual = z.infer<typeof bilingual>;

/**
 * How a finding stands to its entity. `fault`: something is wrong there (a process is gone, a lock is held, a disk fills).
 * `pressure`: a resource is short, as cause or as consequence (a pool, a whole host's CPU). `symptom`: what callers feel
 * (latency, errors, missing traffic).
 */
export const findingNature = z.enum(['fault', 'pressure', 'symptom']);
export type FindingNature = z.infer<typeof findingNature>;

/** What a claim rests on. `ref` opens it: a series id, a process, a role, a log source. */
export const evidence = z.object({
  kind: z.enum(['series', 'process', 'role', 'log', 'file-system', 'model']),
  /** For `series`: 16 hex digits of the series id. Otherwise an entity id or a name. */
  ref: z.string().max(300),
  metric: z.string().max(200).optional(),
  attributes: z.record(z.string(), z.string()).optional(),
  unit: z.string().max(32).optional(),
  value: z.number().optional(),
  /** The usual range the value was judged against. */
  expectedLow: z.number().optional(),
  expectedHigh: z.number().optional(),
  fromUnixMs: z.number().int().optional(),
  toUnixMs: z.number().int().optional(),
  note: bilingual.optional(),
});
export type Evidence = z.infer<typeof evidence>;

/**
 * An anomaly as the edge sends it. The same `id` is sent again when it grows (`update`) and when it ends (`closed`);
 * the host is known from the subject and never from here.
 */
export const finding = z.object({
  id: z.string().regex(/^f-[0-9a-z-]{8,60}$/),
  state: z.enum(['open', 'update', 'closed']),
  kind: findingKind,
  severity,
  /** 0..1, how sure the detector is; 1 minus the tail probability where it knows one. */
  confidence: z.number().min(0).max(1),
  /** Unitless, larger is stranger; comparable within one detector only. */
  score: z.number().nonnegative(),
  entity: entityId,
  nature: findingNature.default('fault'),
  /** What it is about, coarsely and stably: `cpu`, `memory`, `lock`, `pool`, `latency`, …; empty where an older agent speaks. */
  trouble: z
    .string()
    .regex(/^[a-z-]{0,40}$/)
    .default(''),
  /** `address:port` of the other side, where the finding is about calls to it. */
  peer: z.string().max(120).nullable().default(null),
  detector: z.object({ name: z.string().max(64), version: z.string().max(64) }),
  title: bilingual,
  summary: bilingual,
  startedAtUnixMs: z.number().int(),
  detectedAtUnixMs: z.number().int(),
  endedAtUnixMs: z.number().int().nullable(),
  evidence: z.array(evidence).max(20),
});
export type Finding = z.infer<typeof finding>;
