import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compilePacketRing } from '../../agent/src/capture/compile-packet-ring.ts';
import { packetRingInCheckout } from '../../agent/src/capture/packet-ring.ts';
import { createHost } from '../../agent/src/collectors/host.ts';
import { packetsCollector } from '../../agent/src/collectors/packets.ts';
import { printFigure } from './figure.ts';

const PER_SECOND = 50_000;
const SECONDS = 10;
const TICKS_PER_SECOND = 100;

/** Packets of loopback summarised by the collector, beside tcpdump that throws them away: share of a core, and what was lost. */
export async function runBench(): Promise<void> {
  if (!compilePacketRing(packetRingInCheckout)) throw new Error('gcc is not installed');
  const collector = packetsCollector.create({ interfaces: ['lo'], cpuShare: 1 });
  const samples = new Map<string, number>();
  const read = () =>
    collector.collect(createHost(), {
      write: (metric, value) => samples.set(metric, value),
    });
  await read();
  const before = samples.get('airis.packets.count') ?? 0;
  const tcpdump = spawn('tcpdump', ['-i', 'lo', '-s', '128', '-w', '/dev/null'], { stdio: 'ignore' });
  await once(tcpdump, 'spawn');
  const sender = spawn(
    process.execPath,
    [join(import.meta.dirname, 'capture-sender.ts'), String(PER_SECOND), String(SECONDS)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const usage = process.cpuUsage();
  const timer = setInterval(() => void read(), 1_000);
  const [sent] = (await once(sender.stdout!, 'data')) as [Buffer];
  await new Promise((resolve) => setTimeout(resolve, 500));
  clearInterval(timer);
  await read();
  const { user, system } = process.cpuUsage(usage);
  const reference = cpuSecondsOf(tcpdump) / SECONDS;
  tcpdump.kill();
  await collector.close?.();
  const seen = (samples.get('airis.packets.count') ?? 0) - before;
  const dropped = samples.get('airis.packets.dropped') ?? Number.NaN;
  process.stderr.write(`${String(sent).trim()} datagrams sent, ${seen} packets seen, ${dropped} dropped\n`);
  if (dropped !== 0) throw new Error(`${dropped} packets were dropped`);
  printFigure({
    figure: 'capture.core_share',
    value: (user + system) / 1e6 / SECONDS,
    unit: `1 at ${PER_SECOND} packets/s`,
    reference: 'tcpdump -w /dev/null',
    referenceValue: reference,
  });
}

function cpuSecondsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
