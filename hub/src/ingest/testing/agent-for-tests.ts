import { randomBytes } from 'node:crypto';
import {
  compressBatch,
  type DeliveryClass,
  encodeBatch,
  formatBatchId,
  headers,
  type SeriesIdentity,
  type SignalName,
  SPAN_ERROR,
  seriesBatch,
  signals,
  subjects,
  utf8Column,
} from '@airis/protocol';
import { type JetStreamClient, jetstream, type PubAck } from '@nats-io/jetstream';
import { type NatsConnection, headers as newHeaders } from '@nats-io/transport-node';

/** Sends what an agent would send, and anything else it is told to. */
export class AgentForTests {
  readonly id: string;
  epoch = randomBytes(16).toString('hex');
  readonly next: Record<DeliveryClass, number> = { event: 1, data: 1 };
  readonly #jetstream: JetStreamClient;

  constructor(nats: NatsConnection, id: string) {
    this.id = id;
    this.#jetstream = jetstream(nats);
  }

  /** A batch of `block`: `series` rows of one value each. */
  block(atMs: number, series: number, value = 1, stepMs = 10_000): Uint8Array {
    return compressBatch(
      blockStream(
        atMs,
        BigUint64Array.from({ length: series }, (_, i) => BigInt(i + 1)),
        1,
        () => value,
        stepMs,
      ),
    );
  }

  send(signal: SignalName, payload: Uint8Array, rows = 1): Promise<PubAck> {
    const schema = `${signal}/${signals[signal].version}`;
    return this.publish(subjects.data(this.id, signal), payload, {
      [headers.msgId]: this.takeId('data'),
      [headers.schema]: schema,
      [headers.rows]: String(rows),
    });
  }

  announce(identities: readonly SeriesIdentity[]): Promise<PubAck> {
    return this.send('series', compressBatch(seriesBatch(identities)), identities.length);
  }

  event(kind: 'finding' | 'change' | 'health' | 'summary', payload: unknown): Promise<PubAck> {
    return this.publish(subjects.event(this.id, kind), Buffer.from(JSON.stringify(payload)), {
      [headers.msgId]: this.takeId('event'),
    });
  }

  takeId(deliveryClass: DeliveryClass): string {
    const seq = this.next[deliveryClass];
    this.next[deliveryClass] += 1;
    return formatBatchId({ agent: this.id, epoch: this.epoch, class: deliveryClass, seq });
  }

  publish(subject: string, payload: Uint8Array, values: Readonly<Record<string, string>>): Promise<PubAck> {
    const all = newHeaders();
    for (const [name, value] of Object.entries(values)) all.set(name, value);
    return this.#jetstream.publish(subject, payload, { headers: all });
  }
}

/** A row for each series, each with `values` values from `atMs` on. One value makes a summary row. */
export function blockStream(
  atMs: number,
  ids: BigUint64Array,
  values: number,
  valueAt: (series: number, step: number) => number,
  stepMs: number,
): Uint8Array {
  const series = ids.length;
  const offsets = Int32Array.from({ length: series + 1 }, (_, i) => i * values);
  const mean = Float64Array.from({ length: series * values }, (_, i) => valueAt(Math.floor(i / values), i % values));
  const same = { offsets, values: mean };
  const none = { offsets: new Int32Array(series + 1), values: new Float64Array(0) };
  return encodeBatch(
    signals.block,
    [
      ids,
      new BigInt64Array(series).fill(BigInt(atMs)),
      new Uint32Array(series).fill(stepMs),
      same,
      values === 1 ? same : none,
      values === 1 ? same : none,
    ],
    series,
  );
}

export const healthEvent = (atUnixMs: number) => ({
  atUnixMs,
  agentVersion: '0.1.0',
  startedAtUnixMs: atUnixMs,
  inventory: null,
  roles: [],
  spool: { bytes: 0, limitBytes: 1, batches: 0, oldestUnixMs: null },
  lossRowsByReason: {},
  refusedByReason: {},
  collectors: [],
  self: { cpuSecondsTotal: 0, rssBytes: 0, series: 0 },
  detection: {
    ready: true,
    anomalyScore: 0,
    modelName: null,
    modelVersion: null,
    inferenceMsP99: null,
    error: null,
  },
});

/** Lines of one general source, compressed. */
export function logBatch(atMs: number, lines: readonly string[]): Uint8Array {
  const rows = lines.length;
  return compressBatch(
    encodeBatch(
      signals.log,
      [
        new BigInt64Array(rows).fill(BigInt(atMs)),
        utf8Column(lines.map(() => '/var/log/syslog')),
        new Uint8Array(rows).fill(9),
        new BigUint64Array(rows).fill(7n),
        utf8Column(lines),
      ],
      rows,
    ),
  );
}

/** Failed spans of one trace, compressed. */
export function spanBatch(atMs: number, traceId: string, names: readonly string[]): Uint8Array {
  const rows = names.length;
  const same = (text: string) => utf8Column(names.map(() => text));
  return compressBatch(
    encodeBatch(
      signals.span,
      [
        new BigInt64Array(rows).fill(BigInt(atMs)),
        new Float64Array(rows).fill(12),
        new Uint8Array(rows).fill(2),
        new Uint8Array(rows).fill(SPAN_ERROR),
        same('error'),
        same('service:shop'),
        utf8Column(names),
        same(traceId),
        same('00f067aa0ba902b7'),
        same(''),
        same(''),
      ],
      rows,
    ),
  );
}
