import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { HubError } from '../errors.ts';
import { isNewEnough, MIN_SERVER_VERSION } from './server-binary.ts';
import { MAX_PAYLOAD_BYTES } from './server-config.ts';

const VARZ_TIMEOUT_MS = 2_000;

/** The part of the server's own report that our guarantees rest on. */
const varz = z.object({
  data: z.object({
    version: z.string(),
    max_payload: z.number(),
    jetstream: z.object({ config: z.object({ sync_always: z.boolean().optional(), store_dir: z.string() }) }),
  }),
});

/**
 * Asks the server how it runs, and refuses one that acknowledges before it has fsynced.
 *
 * @param system - a connection of the system account; only it may ask
 */
export async function assertDurability(system: NatsConnection): Promise<void> {
  const answer = varz.safeParse(
    (await system.request('$SYS.REQ.SERVER.PING.VARZ', '', { timeout: VARZ_TIMEOUT_MS })).json(),
  );
  if (!answer.success) throw unverified('the server does not report its JetStream settings');
  const { version, max_payload: maxPayload, jetstream } = answer.data.data;
  if (!isNewEnough(version)) throw unverified(`it is version ${version}, older than ${MIN_SERVER_VERSION.join('.')}`);
  if (jetstream.config.sync_always !== true) throw unverified('its sync_interval is not "always"');
  if (maxPayload < MAX_PAYLOAD_BYTES)
    throw unverified(`its max_payload is ${maxPayload}, less than ${MAX_PAYLOAD_BYTES}`);
}

export function unverified(why: string): HubError {
  return new HubError(
    'BROKER_UNVERIFIED_DURABILITY',
    `this NATS server is not known to keep what it acknowledges: ${why}`,
    'set `sync_interval: always` and `max_payload: 8MB`; or accept losing the newest messages at a power failure with --accept-unverified-durability',
  );
}
