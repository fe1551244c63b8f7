import assert from 'node:assert/strict';
import {
  ACTUAL_BUCKET,
  DATA_PARTITIONS,
  DATA_STREAM,
  DESIRED_BUCKET,
  EVENT_STREAM,
  MAX_BATCH_COMPRESSED_BYTES,
  MAX_EVENT_BYTES,
  MODELS_BUCKET,
} from '@airis/protocol';
import {
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { errorCode, errorText, HubError } from '../errors.ts';

/**
 * Raised with every change to the settings below: a stream that an older version made is then brought up to date, while
 * one of this version that differs was changed by somebody else.
 */
const SETTINGS_VERSION = 1;
const SETTINGS_KEY = 'airis.settings';
/** Marks a DATA stream that was closed because the disk is nearly full; the next start opens it. */
const CLOSED_KEY = 'airis.closed';
const CLOSED_SUBJECT = 'airis.closed.data';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const SECOND_NS = 1_000_000_000;
const HEADER_BYTES = 4 * 1024;
/** Longer than any reconnect; what comes back later still is dropped by the watermark stored with the data. */
const DUPLICATE_WINDOW_NS = 10 * 60 * SECOND_NS;
/** One subject is one agent and signal: at a batch every 10 s this is 11 hours of a hub that is away. */
const MAX_MESSAGES_PER_SUBJECT = 4_096;

type StreamSettings = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>;

/**
 * DATA and EVENT are work queues: a message leaves when the consumer of its partition has acknowledged it, which the hub
 * does after the part is on disk. So what is stored for good never fills the stream, and `deny_delete`, `deny_purge`
 * take every other way out. A full stream, or an agent that has filled its own share, refuses new messages; they wait in
 * the agent's spool.
 */
const queue = {
  retention: RetentionPolicy.Workqueue,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  discard_new_per_subject: true,
  max_msgs_per_subject: MAX_MESSAGES_PER_SUBJECT,
  duplicate_window: DUPLICATE_WINDOW_NS,
  deny_delete: true,
  deny_purge: true,
  allow_rollup_hdrs: false,
  max_age: 0,
} as const;

/**
 * A bucket as KV clients expect it, except that roll-ups are off: an agent may publish to its own key, and a roll-up
 * header on that message would empty the whole bucket.
 */
const bucket = {
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  max_msgs_per_subject: 1,
  allow_direct: true,
  deny_delete: true,
  deny_purge: true,
  allow_rollup_hdrs: false,
  max_age: 0,
} as const;

/** @param replicas - 1 at home, 3 in a cluster */
export function streamSettings(replicas: number): readonly StreamSettings[] {
  const shared = { num_replicas: replicas, metadata: { [SETTINGS_KEY]: String(SETTINGS_VERSION) } };
  return [
    {
      ...queue,
      ...shared,
      name: EVENT_STREAM,
      subjects: ['airis.event.*.*'],
      max_bytes: GIB,
      max_msg_size: MAX_EVENT_BYTES + HEADER_BYTES,
    },
    {
      ...queue,
      ...shared,
      name: DATA_STREAM,
      subjects: ['airis.data.*.*'],
      subject_transform: {
        src: 'airis.data.*.*',
        dest: `airis.part.{{partition(${DATA_PARTITIONS},1)}}.{{wildcard(1)}}.{{wildcard(2)}}`,
      },
      max_bytes: 4 * GIB,
      max_msg_size: MAX_BATCH_COMPRESSED_BYTES + HEADER_BYTES,
    },
    {
      ...bucket,
      ...shared,
      name: `KV_${DESIRED_BUCKET}`,
      subjects: [`$KV.${DESIRED_BUCKET}.>`],
      max_bytes: 256 * MIB,
      max_msg_size: 64 * 1024,
    },
    {
      ...bucket,
      ...shared,
      name: `KV_${ACTUAL_BUCKET}`,
      subjects: [`$KV.${ACTUAL_BUCKET}.>`],
      max_bytes: 512 * MIB,
      max_msg_size: 256 * 1024,
    },
    {
      ...shared,
      name: `OBJ_${MODELS_BUCKET}`,
      subjects: [`$O.${MODELS_BUCKET}.C.>`, `$O.${MODELS_BUCKET}.M.>`],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      allow_direct: true,
      /** Object stores replace their metadata by roll-up; only the hub may publish here. */
      allow_rollup_hdrs: true,
      deny_delete: false,
      deny_purge: false,
      max_age: 0,
      max_bytes: 2 * GIB,
    },
  ];
}

/** A setting of a stream that is not as this version makes it. */
export interface StreamDrift {
  readonly stream: string;
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/** Fields we set and find otherwise. What the server adds by itself is its own business. */
export function streamDrift(expected: StreamSettings, found: object): readonly StreamDrift[] {
  const foundByField = new Map(Object.entries(found));
  return Object.entries(expected)
    .filter(([field]) => field !== 'metadata')
    .map(([field, value]) => ({
      stream: expected.name,
      field,
      expected: JSON.stringify(value),
      found: JSON.stringify(foundByField.get(field) ?? null),
    }))
    .filter((drift) => drift.expected !== drift.found);
}

/** Makes the streams that are missing, brings older ones up to date, and refuses to run on ones that were changed. */
export async function ensureStreams(manager: JetStreamManager, replicas: number): Promise<void> {
  const drifts: StreamDrift[] = [];
  for (const settings of streamSettings(replicas)) {
    const found = await streamConfig(manager, settings.name);
    if (found === null) await write(settings, () => manager.streams.add({ ...settings }));
    else if (Number(found.metadata?.[SETTINGS_KEY] ?? 0) < SETTINGS_VERSION || found.metadata?.[CLOSED_KEY] === 'true')
      await write(settings, () => manager.streams.update(settings.name, { ...settings }));
    const now = await streamConfig(manager, settings.name);
    drifts.push(...streamDrift(settings, now ?? {}));
  }
  if (drifts.length === 0) return;
  const list = drifts.map((each) => `${each.stream}.${each.field} is ${each.found}, not ${each.expected}`).join('; ');
  throw new HubError(
    'BROKER_STREAM_DRIFT',
    `streams are not as this version makes them: ${list}`,
    'somebody changed them: set the fields back with `nats stream edit`, since durability and shares rest on them',
  );
}

/**
 * Closes DATA to new messages, or opens it. While it is closed agents find nobody at the subject and keep their batches
 * in the spool; what the stream holds stays, and so does EVENT, which is small.
 */
export async function setDataAdmission(manager: JetStreamManager, replicas: number, isOpen: boolean): Promise<void> {
  const settings = streamSettings(replicas).find((each) => each.name === DATA_STREAM);
  assert(settings !== undefined, 'DATA is one of the streams');
  const closed = { subjects: [CLOSED_SUBJECT], metadata: { ...settings.metadata, [CLOSED_KEY]: 'true' } };
  await manager.streams.update(DATA_STREAM, isOpen ? { ...settings } : { ...settings, ...closed });
}

async function streamConfig(manager: JetStreamManager, name: string): Promise<StreamConfig | null> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (cause) {
    if (cause instanceof Error && cause.message.includes('stream not found')) return null;
    throw cause;
  }
}

async function write(settings: StreamSettings, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    throw new HubError(
      'BROKER_STREAM_REFUSED',
      `the server refused stream ${settings.name} (${settings.max_bytes} bytes): ${errorText(cause)} ${errorCode(cause) ?? ''}`.trim(),
      'give JetStream more room (max_file_store), or remove a stream of the same name that holds something else',
      { cause },
    );
  }
}
