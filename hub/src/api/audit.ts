import { z } from 'zod';
import { koreanTime } from '../korean-time.ts';
import { defineRoute } from './route.ts';
import { auditEntry } from './schema/audit.ts';
import { pageOf, pageQuery } from './schema/common.ts';

export const listAudit = defineRoute({
  method: 'GET',
  path: '/api/v1/audit',
  summary: 'Who did what, newest first',
  auth: 'admin',
  query: pageQuery.extend({ cursor: z.coerce.number().int().positive().optional() }),
  response: pageOf(auditEntry),
  async handle({ query: { limit, cursor } }, hub) {
    const entries = await hub.audit.list({ limit: limit + 1, ...(cursor === undefined ? {} : { beforeSeq: cursor }) });
    const items = entries.slice(0, limit).map(({ seq, atUnixMs, details, ...entry }) => ({
      id: String(seq),
      at: koreanTime(atUnixMs),
      ...entry,
      details: { ...details },
    }));
    return { items, nextCursor: entries.length > limit ? (items.at(-1)?.id ?? null) : null };
  },
});
