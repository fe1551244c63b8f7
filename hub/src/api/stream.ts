import { z } from 'zod';
import { ApiError } from './api-error.ts';
import { isStillValid } from './caller.ts';
import { streamEvents } from './event-stream.ts';
import { defineRoute } from './route.ts';

/** Open streams of the whole hub; a browser tab has one. */
const MAX_STREAMS = 500;
const eventId = z.string().regex(/^[0-9a-z]{1,20}-[0-9]{1,15}$/);

export const stream = defineRoute({
  method: 'GET',
  path: '/api/v1/stream',
  summary: 'Server-sent events: incident, finding, host, health, reset; resumes after Last-Event-ID',
  auth: 'viewer',
  query: z.strictObject({ lastEventId: eventId.optional().describe('as the header of that name, which wins') }),
  produces: 'text/event-stream',
  async handle({ query, caller, request, reply }, hub) {
    if (hub.bus.subscribers >= MAX_STREAMS) {
      throw new ApiError(503, 'TOO_MANY_STREAMS', `${MAX_STREAMS} streams are open`, { hint: 'close other tabs' });
    }
    const header = request.headers['last-event-id'];
    const last = header === undefined || header === '' ? (query.lastEventId ?? null) : String(header);
    reply.hijack();
    reply.raw.writeHead(200, {
      ...headersOf(reply.getHeaders()),
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    await streamEvents(reply.raw, hub.bus, last, () => isStillValid(caller, request.ip, hub.access));
  },
});

function headersOf(headers: Readonly<Record<string, number | string | string[] | undefined>>) {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
    string,
    number | string | string[]
  >; // undefined is filtered out above
}
