import { z } from 'zod';

const request = z.string().regex(/^[0-9a-z-]{8,60}$/);
const common = {
  request,
  deadlineUnixMs: z.number().int(),
  maxBytes: z
    .number()
    .int()
    .positive()
    .max(8 * 1024 * 1024),
  fromUnixMs: z.number().int(),
  toUnixMs: z.number().int(),
};

/** Enough of any question to say no to it. */
export const anyAsk = z.object({ request });

/** hub → agent on `airis.ask.<agent>.window`: what the host still holds at full resolution. */
export const windowAsk = z.object({
  ...common,
  /** Values of one metric, log lines of general sources, spans, or transactions. */
  kind: z.enum(['metric', 'log', 'span', 'transaction']).default('metric'),
  /** For values only. */
  metric: z.string().max(200).default(''),
});
export type WindowAsk = z.infer<typeof windowAsk>;

/**
 * hub → agent on `airis.ask.<agent>.threads`: what all threads of its Java virtual machines do now, as they print it. The
 * body of a chunk is a compressed text.
 */
export const threadsAsk = z.object({
  request,
  deadlineUnixMs: common.deadlineUnixMs,
  maxBytes: common.maxBytes,
  /** Null: all that the agent may reach, a few at most. */
  pid: z.number().int().positive().nullable().default(null),
});
export type ThreadsAsk = z.infer<typeof threadsAsk>;

/** hub → agent on `airis.ask.<agent>.trace`: every span of one trace that the host still holds. */
export const traceAsk = z.object({ ...common, traceId: z.string().regex(/^[0-9a-f]{32}$/) });
export type TraceAsk = z.infer<typeof traceAsk>;

/** Of a visit or of one of its pages, as the page itself has drawn it. */
export const visitId = z.string().regex(/^[0-9a-f]{16}$/);

/**
 * hub → agent on `airis.ask.<agent>.replay`: masked recordings of visits that the host still holds. The body of a chunk is
 * compressed JSON: the list of `recordedVisit`, or one `recordedPart` of the visit that was asked for.
 */
export const replayAsk = z.object({
  ...common,
  /** Null: which there are. */
  visit: visitId.nullable().default(null),
});
export type ReplayAsk = z.infer<typeof replayAsk>;

export const MAX_RECORDED_VISITS = 500;
export const MAX_RECORDED_ROUTES = 50;

/** A visit of which something was recorded within the window. */
export const recordedVisit = z.object({
  visit: visitId,
  site: z.string().min(1).max(63),
  /** Of its pages, in their order. */
  routes: z.array(z.string().max(300)).min(1).max(MAX_RECORDED_ROUTES),
  fromUnixMs: z.number().int(),
  toUnixMs: z.number().int(),
  /** Of the events as JSON. */
  bytes: z.number().int().nonnegative(),
});
export type RecordedVisit = z.infer<typeof recordedVisit>;

/** Some seconds of one page; `events` are rrweb's, masked. */
export const recordedPart = z.object({
  page: visitId,
  part: z.number().int().nonnegative(),
  route: z.string().max(300),
  events: z.array(z.unknown()).max(5_000),
});
export type RecordedPart = z.infer<typeof recordedPart>;

/** agent → hub on `airis.answer.<agent>.<request>`: numbered chunks, the last one marked. */
export const answerChunk = z.object({
  chunk: z.number().int().nonnegative(),
  last: z.boolean(),
  error: z.object({ code: z.string().max(64), detail: z.string().max(300) }).nullable(),
  /** Rows of the window that stay on the host, so far; agents before 0.2 do not say. */
  withheldRows: z.number().int().nonnegative().default(0),
  /** Base64 of a compressed batch of the signal that was asked for; empty with an error or without rows. */
  body: z.string(),
});
export type AnswerChunk = z.infer<typeof answerChunk>;
