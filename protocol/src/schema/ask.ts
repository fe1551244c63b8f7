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

/**
 * hub → agent on `airis.ask.<agent>.replay`: masked recordings of visits that the host still holds. The body of a chunk is
 * compressed JSON: a list of recordings, or of parts of the one that was asked for.
 */
export const replayAsk = z.object({
  ...common,
  /** Null: which there are. */
  recording: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable()
    .default(null),
});
export type ReplayAsk = z.infer<typeof replayAsk>;

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
