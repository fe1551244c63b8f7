/**
 * Ingest in a process of its own, for tests and benchmarks that end it at a chosen step. Told what to do in one JSON
 * argument; writes `starting`, `ready`, and then its status once a second.
 */
import { ok } from '@airis/protocol';
import { connect } from '@nats-io/transport-node';
import { z } from 'zod';
import { createLog } from '../../log.ts';
import { openDatabase } from '../../store/state/database.ts';
import { createIngestStore, ingestMigrations } from '../../store/state/ingest.ts';
import { startTelemetryStore } from '../../store/telemetry/telemetry-store.ts';
import { faultSteps } from '../fault.ts';
import { startIngest } from '../ingest.ts';

const order = z.object({
  natsPort: z.number(),
  telemetryUrl: z.string(),
  /** The store's incoming folder, as in the hub that has started it; null goes over HTTP. */
  incoming: z.string().nullable().default(null),
  folder: z.string(),
  /** Ends the process (kill -9) when this step is reached for the n-th time. */
  killAt: z.object({ step: z.enum(faultSteps), time: z.number() }).nullable(),
  log: z.enum(['info', 'warn', 'error']).default('error'),
});
export type IngestProcessOrder = z.input<typeof order>;

const {
  natsPort,
  telemetryUrl,
  incoming,
  folder,
  killAt,
  log: level,
} = order.parse(JSON.parse(process.argv[2] ?? '{}'));
const log = createLog(level);
const telemetry = await startTelemetryStore({
  dataDir: folder,
  url: telemetryUrl,
  log,
  ...(incoming === null ? {} : { incoming }),
});
const nats = await connect({ port: natsPort });
const state = createIngestStore(openDatabase(`${folder}/state.sqlite`, ingestMigrations));
process.stdout.write('starting\n');
let times = 0;
const ingest = await startIngest({
  nats,
  telemetry,
  state,
  // `agent-7` is number 7; everybody else is nobody.
  agents: {
    agent: async (id) => {
      const number = Number(/^agent-([1-9][0-9]*)$/.exec(id)?.[1]);
      return Number.isNaN(number) ? null : { number };
    },
  },
  events: { handle: async () => ok(undefined) },
  quarantineFolder: `${folder}/quarantine`,
  log,
  fault(step) {
    if (killAt === null || step !== killAt.step) return;
    times += 1;
    if (times >= killAt.time) process.kill(process.pid, 'SIGKILL');
  },
});
ingest.failed.catch(() => process.exit(1));
process.stdout.write('ready\n');
setInterval(() => process.stdout.write(`${JSON.stringify(ingest.status())}\n`), 1_000).unref();
process.on('SIGTERM', () => {
  void ingest[Symbol.asyncDispose]().then(() => process.exit(0));
});
