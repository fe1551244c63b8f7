import { agentId } from '@airis/protocol';
import { z } from 'zod';

/** Longest page of a list; asked for by `limit`. */
export const MAX_PAGE_ITEMS = 500;
const DEFAULT_PAGE_ITEMS = 100;

/** RFC 3339 with an offset. What the API answers is always in Korean time, `+09:00`. */
export const timestamp = z.iso.datetime({ offset: true }).describe('RFC 3339 with offset');

/** `2026-11-22T21:00:00+09:00`, `now`, or an age such as `-30m` (units s, m, h, d). */
export const timeExpression = z
  .union([timestamp, z.string().regex(/^(?:now|-[1-9][0-9]{0,6}[smhd])$/)])
  .describe('RFC 3339, `now`, or an age such as `-30m`');

export const hostId = z
  .string()
  .refine((text) => text.startsWith('host:') && agentId.safeParse(text.slice(5)).success, 'host:<agent>')
  .describe('host:<agent>');

/** Logs of a host by pattern: `*` within one folder, `**` across folders; a source is a path or `journal:<unit>`. */
export const logPatterns = z.array(z.string().min(1).max(300)).max(200);

export const role = z.enum(['viewer', 'operator', 'admin']);
export type AccessRole = z.infer<typeof role>;

/** Error answer, RFC 9457. `code` is stable, `detail` is for people. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  hint: z.string().optional(),
  requestId: z.string().optional(),
  /** Where a request was wrong, for `BAD_REQUEST`. */
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_ITEMS).default(DEFAULT_PAGE_ITEMS),
  cursor: z.string().max(200).optional().describe('`nextCursor` of the page before'),
});

/** One page of a list; `nextCursor` is null on the last one. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export const nothing = z.strictObject({});
