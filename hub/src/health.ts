import { DATA_STREAM, EVENT_STREAM } from '@airis/protocol';
import type { HealthPort } from './api/ports.ts';
import type { Broker } from './broker/broker.ts';
import type { DemoShop } from './demo/demo-shop.ts';
import type { DiskGuard } from './disk-guard.ts';
import { errorText } from './errors.ts';
import type { Ingest } from './ingest/ingest.ts';
import type { StateStore } from './store/state/state-store.ts';
import type { TelemetryStore } from './store/telemetry/telemetry-store.ts';

export interface HealthParts {
  readonly state: StateStore;
  readonly broker: Broker;
  readonly telemetry: TelemetryStore;
  readonly ingest: Ingest;
  readonly disk: DiskGuard;
  /** Null without `--demo`. */
  readonly demo: DemoShop | null;
}

interface PartHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly restarts: number;
}

const QUESTION_TIMEOUT_MS = 2_000;

/** The hub watched by itself: every part is asked, and one that does not answer is a row and not a failure. */
export function createHealth({ state, broker, telemetry, ingest, disk, demo }: HealthParts): HealthPort {
  async function parts(): Promise<PartHealth[]> {
    const ingestTrouble = ingest.status().trouble;
    return await Promise.all([
      asked('broker', broker.status(), async () => await broker.manager.getAccountInfo()),
      asked('telemetry', telemetry.status(), async () => {
        const answer = await telemetry.client.ping();
        if (!answer.success) throw answer.error;
      }),
      asked('state', { ok: true, detail: 'SQLite', restarts: 0 }, () => state.ping()),
      { name: 'ingest', ok: ingestTrouble === null, detail: ingestTrouble ?? 'running', restarts: 0 },
      ...(demo === null
        ? []
        : [await asked('demo', { ok: true, detail: 'the demo shop', restarts: 0 }, () => demo.shop())]),
      { name: 'disk', ok: disk.status().guard !== 'critical', detail: disk.status().guard, restarts: 0 },
    ]);
  }

  return {
    async read() {
      const [list, streams, tables] = await Promise.all([
        parts(),
        Promise.all([EVENT_STREAM, DATA_STREAM].map(streamSize)).catch(() => []), // its part's row says why
        answerWithin(telemetry.diskGuard.tables()).catch(() => []), // likewise
      ]);
      const { lagSeconds, rowsPerSecond, rowsStored, quarantined, duplicatesDropped, rowsLost } = ingest.status();
      return {
        parts: list,
        ingest: { lagSeconds, rowsPerSecond, rowsStored, quarantined: [...quarantined], duplicatesDropped, rowsLost },
        disk: disk.status(),
        streams,
        tables: [...tables],
      };
    },
    async ready() {
      const failing = (await parts()).filter((part) => !part.ok && part.name !== 'disk').map((part) => part.name);
      return { ok: failing.length === 0, failing };
    },
    async metricsText() {
      const status = ingest.status();
      const { freeBytes, guard } = disk.status();
      const gauges: readonly [string, 'gauge' | 'counter', number][] = [
        ['airis_ingest_lag_seconds', 'gauge', status.lagSeconds],
        ['airis_ingest_rows_total', 'counter', status.rowsStored],
        ['airis_ingest_values_total', 'counter', status.valuesStored],
        ['airis_ingest_events_total', 'counter', status.eventsHandled],
        ['airis_ingest_duplicates_dropped_total', 'counter', status.duplicatesDropped],
        ['airis_ingest_insert_retries_total', 'counter', status.insertRetries],
        ['airis_loss_rows', 'counter', status.rowsLost],
        ['airis_broker_restarts_total', 'counter', broker.status().restarts],
        ['airis_telemetry_restarts_total', 'counter', telemetry.status().restarts],
        ['airis_disk_free_bytes', 'gauge', freeBytes],
        ['airis_disk_guard', 'gauge', ['ok', 'low', 'critical'].indexOf(guard)],
      ];
      const refused = status.quarantined.map(
        ({ reason, count }) => `airis_ingest_refused_total{reason="${reason}"} ${count}`,
      );
      return [
        ...gauges.flatMap(([name, kind, value]) => [`# TYPE ${name} ${kind}`, `${name} ${value}`]),
        ...(refused.length === 0 ? [] : ['# TYPE airis_ingest_refused_total counter', ...refused]),
        '',
      ].join('\n');
    },
  };

  async function streamSize(name: string) {
    const { state: size, config } = await answerWithin(broker.manager.streams.info(name));
    return { name, messages: size.messages, bytes: size.bytes, limitBytes: config.max_bytes };
  }
}

async function asked(
  name: string,
  status: { readonly ok: boolean; readonly detail: string; readonly restarts: number },
  question: () => Promise<unknown>,
): Promise<PartHealth> {
  const { detail, restarts } = status;
  if (!status.ok) return { name, ok: false, detail, restarts };
  try {
    await answerWithin(question());
    return { name, ok: true, detail, restarts };
  } catch (thrown) {
    return { name, ok: false, detail: `${detail}: ${errorText(thrown)}`.slice(0, 300), restarts };
  }
}

async function answerWithin<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`no answer within ${QUESTION_TIMEOUT_MS} ms`)),
    QUESTION_TIMEOUT_MS,
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
