import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openBatch, signals, textAt } from '@airis/protocol';
import { CollectorRun } from '../collector-run.ts';
import { Gate } from '../gate/gate.ts';
import { openFloor } from '../gate/log-rules.ts';
import { Refusals } from '../refusals.ts';
import { SeriesRegistry } from '../series-registry.ts';
import { createHost } from './host.ts';
import { otlpCollector } from './otlp.ts';

export const run = promisify(execFile);

export interface Packages {
  readonly folder: string;
  remove(): void;
}

/** Of PyPI, for `PYTHONPATH`. */
export const pythonPackages = (...names: string[]): Promise<Packages> =>
  packages((folder) => run('python3', ['-m', 'pip', 'install', '-q', '--target', folder, ...names]));

/** Of npm; programs in that folder may load them. */
export const nodePackages = (...names: string[]): Promise<Packages> =>
  packages(async (folder) => {
    const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', '--prefix', folder, ...quietly, ...names], { cwd: folder });
  });

async function packages(install: (folder: string) => Promise<unknown>): Promise<Packages> {
  const folder = mkdtempSync(join(tmpdir(), 'airis-otlp-'));
  await install(folder);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The collector as the agent runs it, through gate and registry, on free ports. */
export async function startOtlp(settings: object = {}) {
  const refusals = new Refusals();
  const registry = new SeriesRegistry({ resource: {}, refusals });
  const collector = otlpCollector.create({ listen: '127.0.0.1:0', grpc: '127.0.0.1:0', ...settings });
  const collectorRun = new CollectorRun(collector, {
    host: createHost(),
    registry,
    gate: new Gate({ floor: openFloor, pseudonymKey: new Uint8Array(32), refusals }),
    refusals,
    random: Math.random,
    monotonicMs: () => performance.now(),
  });
  let tMs = Date.now();
  const step = async (): Promise<void> => {
    registry.endStep();
    tMs += 1_000;
    await collectorRun.step(tMs);
  };
  await step();
  const portOf = (transport: string): number =>
    Number(new RegExp(`${transport} on TCP port (\\d+)`).exec(collectorRun.state(tMs)?.note ?? '')?.[1]);
  return {
    collector,
    registry,
    refusals,
    step,
    value: (metric: string): number | undefined => {
      const found = registry.series.find(({ identity }) => identity.metric === metric);
      return found === undefined ? undefined : registry.values[found.index];
    },
    /** Of the transactions that have come since the last call. */
    transactions: (): Record<string, string | number>[] => {
      const taken = collector.transactions!().take('service:unknown');
      return taken === null ? [] : rowsOf(taken.payload);
    },
    port: portOf('HTTP'),
    grpcPort: portOf('gRPC'),
    [Symbol.asyncDispose]: async () => collector.close?.(),
  };
}

function rowsOf(payload: Uint8Array): Record<string, string | number>[] {
  const opened = openBatch(signals.transaction, payload, Date.now());
  if (!opened.ok) throw new Error(opened.reason);
  const batch = opened.value;
  const texts = ['service', 'route', 'traceId', 'spanId', 'parentSpanId', 'peer'] as const;
  return Array.from({ length: batch.rows }, (_, row) => ({
    ...Object.fromEntries(texts.map((name) => [name, textAt(batch.column(name, 'utf8'), row)])),
    status: batch.column('status', 'uint32')[row]!,
    elapsedMs: batch.column('elapsedMs', 'float64')[row]!,
    peerElapsedMs: batch.column('peerElapsedMs', 'float64')[row]!,
  }));
}
