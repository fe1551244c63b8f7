import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import type { LogRow, LogsRequest, PageOf } from '../api/ports.ts';
import { inWindow } from './in-window.ts';

const MAX_LINES = 1_000;

const rows = z.array(
  z.object({
    at: z.coerce.number(),
    agent: z.coerce.number(),
    source: z.string(),
    severity: z.number(),
    templateId: z.string(),
    body: z.string(),
  }),
);

/** Newest first. The cursor says the time of the last line and how many lines of that very time were given. */
export async function readLogs(
  client: ClickHouseClient,
  request: Omit<LogsRequest, 'agents'>,
  numbers: readonly number[] | undefined,
  idOf: (number: number) => string,
): Promise<PageOf<LogRow>> {
  const limit = Math.min(Math.max(1, request.limit), MAX_LINES);
  const after = readCursor(request.cursor);
  const toUnixMs = after === null ? request.toUnixMs : Math.min(request.toUnixMs, after.atUnixMs + 1);
  const conditions = [
    inWindow,
    numbers === undefined ? '' : 'agent IN {agents:Array(UInt32)}',
    request.source === undefined ? '' : 'source = {source:String}',
    request.minSeverity === undefined ? '' : 'severity >= {severity:UInt8}',
    request.text === undefined ? '' : 'positionCaseInsensitiveUTF8(body, {text:String}) > 0',
  ].filter((condition) => condition !== '');
  const answer = await client.query({
    query: `SELECT toUnixTimestamp64Milli(t) AS at, agent, source, severity, lower(hex(templateId)) AS templateId, body
      FROM log WHERE ${conditions.join(' AND ')}
      ORDER BY at DESC, agent, source, templateId, body LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    query_params: {
      from: request.fromUnixMs,
      to: toUnixMs,
      limit: limit + 1,
      offset: after?.given ?? 0,
      ...(numbers === undefined ? {} : { agents: numbers }),
      ...(request.source === undefined ? {} : { source: request.source }),
      ...(request.minSeverity === undefined ? {} : { severity: request.minSeverity }),
      ...(request.text === undefined ? {} : { text: request.text }),
    },
    format: 'JSONEachRow',
  });
  const found = rows.parse(await answer.json());
  const items = found.slice(0, limit).map((row): LogRow => {
    const { at, agent, source, severity, templateId, body } = row;
    return { timeUnixMs: at, agent: idOf(agent), source, severity, templateId, body };
  });
  return { items, nextCursor: found.length > limit ? writeCursor(items, after) : null };
}

interface Cursor {
  readonly atUnixMs: number;
  readonly given: number;
}

function writeCursor(items: readonly LogRow[], before: Cursor | null): string {
  const atUnixMs = items.at(-1)!.timeUnixMs;
  const same = items.filter((item) => item.timeUnixMs === atUnixMs).length;
  const given = before?.atUnixMs === atUnixMs ? before.given + same : same;
  return Buffer.from(`${atUnixMs}.${given}`).toString('base64url');
}

/** Null where there is none, or where it is not one of ours: then the list begins anew. */
function readCursor(text: string | undefined): Cursor | null {
  const match = /^(\d{1,15})\.(\d{1,7})$/.exec(Buffer.from(text ?? '', 'base64url').toString('utf8'));
  return match === null ? null : { atUnixMs: Number(match[1]), given: Number(match[2]) };
}
