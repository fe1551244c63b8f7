import { visitId } from '@airis/protocol';
import { z } from 'zod';

export const pagePath = z
  .string()
  .max(300)
  .transform((text) => (text.startsWith('/') ? text.split(/[?#;]/)[0]! : '/'));
const milliseconds = z.number().min(0).max(600_000);

const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('view'), path: pagePath }),
  z.object({ type: z.literal('click'), path: pagePath }),
  z.object({ type: z.literal('load'), path: pagePath, value: milliseconds }),
  z.object({
    type: z.literal('vital'),
    path: pagePath,
    name: z.enum(['lcp', 'inp', 'cls', 'fcp', 'ttfb']),
    value: z.number().min(0).max(600_000),
  }),
  z.object({
    type: z.literal('error'),
    path: pagePath,
    message: z.string().max(300),
    file: z.string().max(300),
    stack: z.string().max(4_000),
  }),
  z.object({
    type: z.literal('call'),
    path: pagePath,
    to: pagePath,
    method: z.string().regex(/^[A-Z]{1,10}$/),
    status: z.int().min(0).max(599),
    value: milliseconds,
  }),
]);
export type RumEvent = z.output<typeof event>;

/** What one page sends at once. Whatever is in it comes from somebody's browser, or from somebody who plays one. */
const beacon = z.object({
  key: z.string().min(1).max(64),
  session: visitId,
  events: z.array(z.unknown()).max(100),
});

export interface Beacon {
  readonly key: string;
  readonly session: string;
  readonly events: readonly RumEvent[];
  /** Events of no known form. */
  readonly malformed: number;
}

/** @returns `null` for what is no beacon at all */
export function parseBeacon(body: Uint8Array): Beacon | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return null;
  }
  const whole = beacon.safeParse(parsed);
  if (!whole.success) return null;
  const { key, session } = whole.data;
  const events = whole.data.events.flatMap((one) => event.safeParse(one).data ?? []);
  return { key, session, events, malformed: whole.data.events.length - events.length };
}
