import type { Attributes } from '@airis/protocol';
import type { SeriesInfo } from '../src/detect/detector.ts';
import { createNormal, createRandom } from '../src/random.ts';

/** A simulated host: what its collectors would read each second. */
export interface HostBehaviour {
  readonly series: readonly SeriesInfo[];
  /** The next second; the array is reused. */
  step(): Float64Array;
}

const named: readonly (readonly [metric: string, unit: string, attributes: Attributes])[] = [
  ['system.cpu.utilization', '1', {}],
  ['system.cpu.utilization', '1', { 'cpu.mode': 'system' }],
  ['system.cpu.utilization', '1', { 'cpu.mode': 'iowait' }],
  ['system.memory.utilization', '1', {}],
  ['system.disk.io_time', 's', { 'system.device': 'vda' }],
  ['airis.pressure.stall.time', 's', { 'airis.pressure.resource': 'cpu', 'airis.pressure.kind': 'some' }],
  ['airis.pressure.stall.time', 's', { 'airis.pressure.resource': 'io', 'airis.pressure.kind': 'some' }],
  ['system.disk.io', 'By', { 'system.device': 'vda', 'disk.io.direction': 'read' }],
  ['system.disk.io', 'By', { 'system.device': 'vda', 'disk.io.direction': 'write' }],
  ['system.network.io', 'By', { 'network.interface.name': 'eth0', 'network.io.direction': 'receive' }],
  ['system.network.io', 'By', { 'network.interface.name': 'eth0', 'network.io.direction': 'transmit' }],
  ['airis.cpu.context_switches', '{switch}', {}],
];

const simulatedSeries: readonly SeriesInfo[] = named.map(([metric, unit, attributes], i) => ({
  id: BigInt(i + 1),
  metric,
  unit,
  attributes,
  kind: 'gauge',
}));

/** A job that takes some resources for some seconds: log rotation, a package install, a build, a backup, a collection. */
interface Job {
  readonly cores: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly memory: number;
  leftSeconds: number;
}

/**
 * Ordinary life of a host, simulated: requests that wander and come in waves drive processor, network and context switches
 * together; jobs of 5 to 60 s come now and then; dirty pages are flushed every 30 s; memory saws. Each seed is another host
 * (1 to 32 cores, idle to half busy, chatty or quiet). It stands for no real machine.
 */
export function createHostBehaviour(seed: number): HostBehaviour {
  const uniform = createRandom(seed);
  const normal = createNormal(uniform);
  const between = (low: number, high: number) => low + (high - low) * uniform();
  const decades = (low: number, high: number) => 10 ** between(Math.log10(low), Math.log10(high));

  const cores = 2 ** Math.floor(between(0, 6));
  const baseLoad = cores * between(0.01, 0.15);
  const requestsUsual = uniform() < 0.3 ? decades(0.1, 3) : decades(3, 2_000);
  const coresPerRequest = (cores * between(0.05, 0.35)) / requestsUsual;
  const bytesIn = decades(300, 5_000);
  const bytesOut = decades(1_000, 60_000);
  const switchesPerRequest = between(3, 30);
  const systemShare = between(0.15, 0.4);
  const diskBytesPerSecond = decades(5e7, 2e9);
  const logBytesPerRequest = decades(100, 3_000);
  const jobEverySeconds = between(90, 900);
  const wave = { period: between(60, 1_200), depth: between(0, 0.5) };
  const memoryBase = between(0.15, 0.75);

  let second = Math.floor(between(0, 1_000));
  let wander = 0;
  let dirty = 0;
  let heap = 0;
  let jobs: Job[] = [];
  const values = new Float64Array(named.length);

  function newJob(): Job {
    const size = uniform();
    return {
      cores: Math.min(cores, between(0.3, 1.2) + (size > 0.8 ? cores * uniform() * 0.5 : 0)),
      readBytes: uniform() < 0.5 ? decades(1e5, 5e7) : 0,
      writeBytes: uniform() < 0.7 ? decades(1e5, 8e7) : 0,
      memory: between(0, 0.1) * uniform(),
      leftSeconds: Math.round(decades(4, 60)),
    };
  }

  function step(): Float64Array {
    second += 1;
    wander = 0.995 * wander + 0.03 * normal();
    if (uniform() < 1 / jobEverySeconds) jobs.push(newJob());
    jobs = jobs.filter((job) => job.leftSeconds-- > 0);
    const rhythm = 1 + wave.depth * Math.sin((2 * Math.PI * second) / wave.period);
    const expected = requestsUsual * Math.exp(wander) * rhythm;
    const requests = Math.max(0, expected + Math.sqrt(expected) * normal());
    heap = heap > 0.05 ? 0 : heap + 0.00003 * Math.exp(wander) + (requests * 1e-7) / requestsUsual;

    const jobCores = jobs.reduce((sum, job) => sum + job.cores * between(0.8, 1.1), 0);
    const wanted = baseLoad * between(0.6, 1.5) + requests * coresPerRequest * between(0.9, 1.1) + jobCores;
    const busy = Math.min(1, wanted / cores);
    const read =
      jobs.reduce((sum, job) => sum + job.readBytes * between(0.5, 1.5), 0) + (uniform() < 0.1 ? decades(4e3, 2e5) : 0);
    dirty += requests * logBytesPerRequest + 2_000 + jobs.reduce((sum, job) => sum + job.writeBytes, 0);
    const flush = second % 30 === 0 || dirty > diskBytesPerSecond ? dirty : dirty * 0.05;
    dirty -= flush;
    const diskBusy = Math.min(1, (read + flush) / diskBytesPerSecond + 0.002 * Math.abs(normal()));
    const ioWait = Math.min(1 - busy, (diskBusy * between(0.2, 0.7)) / cores);

    values.set([
      busy,
      Math.min(busy, busy * systemShare * between(0.8, 1.2)),
      ioWait,
      Math.min(0.98, memoryBase + heap + jobs.reduce((sum, job) => sum + job.memory, 0) + 0.0005 * normal()),
      diskBusy,
      Math.min(1, Math.max(0, (wanted / cores - 0.5) * between(0.4, 0.8)) + 0.003 * Math.abs(normal())),
      Math.min(1, diskBusy * between(0.2, 0.6)),
      read,
      flush,
      requests * bytesIn * between(0.9, 1.1) + decades(200, 3_000),
      requests * bytesOut * between(0.9, 1.1) + decades(200, 3_000),
      requests * switchesPerRequest + 400 * cores * between(0.7, 1.3) + jobCores * decades(300, 5_000),
    ]);
    return values;
  }

  return { series: simulatedSeries, step };
}
