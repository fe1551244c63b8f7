import { z } from 'zod';

/** hub → agent on `airis.ask.<agent>.window`: full-resolution values the host still holds. */
export const windowAsk = z.object({
  request: z.string().regex(/^[0-9a-z-]{8,60}$/),
  deadlineUnixMs: z.number().int(),
  maxBytes: z
    .number()
    .int()
    .positive()
    .max(8 * 1024 * 1024),
  metric: z.string().max(200),
  fromUnixMs: z.number().int(),
  toUnixMs: z.number().int(),
});
export type WindowAsk = z.infer<typeof windowAsk>;

/** agent → hub on `airis.answer.<agent>.<request>`: numbered chunks, the last one marked. */
export const answerChunk = z.object({
  chunk: z.number().int().nonnegative(),
  last: z.boolean(),
  error: z.object({ code: z.string().max(64), detail: z.string().max(300) }).nullable(),
  /** Base64 of a compressed `block` batch; empty with an error. */
  body: z.string(),
});
export type AnswerChunk = z.infer<typeof answerChunk>;
