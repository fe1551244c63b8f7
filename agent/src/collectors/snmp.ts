import type { Attributes } from '@airis/protocol';
import { z } from 'zod';
import { errorText } from '../errors.ts';
import { CounterMemory } from '../snmp/counter-memory.ts';
import { type DeviceUse, findUseSource, readUse, type UseSource } from '../snmp/device-use.ts';
import {
  type InterfaceCounter,
  type InterfaceList,
  type InterfaceReading,
  readInterfaceList,
  readInterfaces,
} from '../snmp/interface-table.ts';
import { SnmpError, type SnmpFailure, type SnmpSession } from '../snmp/snmp-session.ts';
import { type SnmpTarget, snmpTarget } from '../snmp/snmp-target.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type MetricInfo, type SampleWriter } from './collector.ts';
import type { Host } from './host.ts';

const config = z.strictObject({
  targets: z.array(snmpTarget).max(64).default([]).describe('switches, routers and whatever else answers SNMP'),
  interfaceLimit: z
    .int()
    .min(1)
    .max(512)
    .default(64)
    .describe('interfaces of one device; further ones are counted only'),
});
type Config = z.output<typeof config>;

const EVERY_MS = 10_000;
/** Below what a reading may take in all: a device that is slow beyond it counts as silent. */
const DEVICE_WITHIN_MS = 8_000;
const LIST_EVERY_MS = 5 * 60_000;
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 120_000;

const UP_TIME = '1.3.6.1.2.1.1.3.0';
/** Jumps back by more than this mean a start; the count itself goes round after 497 days. */
const UP_TIME_WRAP = 2 ** 32;
const NEAR_WRAP = 10 * 60 * 100;

const emits: Readonly<Record<string, MetricInfo>> = {
  'hw.network.io': { unit: 'By', kind: 'counter', about: 'bytes through an interface of a device, by direction' },
  'hw.network.packets': {
    unit: '{packet}',
    kind: 'counter',
    about: 'packets to one receiver through an interface, by direction',
  },
  'hw.errors': { unit: '{error}', kind: 'counter', about: 'packets with errors at an interface, by direction' },
  'airis.hw.network.dropped': {
    unit: '{packet}',
    kind: 'counter',
    about: 'packets without errors that an interface did not pass on, by direction',
  },
  'hw.network.up': {
    unit: '1',
    kind: 'gauge',
    about: '1: the link of an interface is up; 0: it is down though it should be up',
  },
  'hw.network.bandwidth.limit': { unit: 'By/s', kind: 'gauge', about: 'speed of an interface, each way' },
  'airis.snmp.up': { unit: '1', kind: 'gauge', about: '1: the device answered' },
  'airis.snmp.round_trip': { unit: 's', kind: 'gauge', about: 'time until the first answer of the device' },
  'airis.snmp.device.uptime': { unit: 's', kind: 'gauge', about: 'since the device, or its SNMP service, started' },
  'airis.snmp.device.cpu.utilization': { unit: '1', kind: 'gauge', about: 'busy share of the processors of a device' },
  'airis.snmp.device.memory.utilization': {
    unit: '1',
    kind: 'gauge',
    about: 'used share of the main memory of a device',
  },
  'airis.snmp.failures': {
    unit: '{failure}',
    kind: 'counter',
    about: 'answers of a device that did not come or could not be used, by reason',
  },
  'airis.snmp.interfaces_left_out': {
    unit: '{interface}',
    kind: 'gauge',
    about: 'interfaces beyond those that are reported of one device',
  },
};

const flows: readonly (readonly [InterfaceCounter, metric: string, direction: 'receive' | 'transmit'])[] = [
  ['receivedBytes', 'hw.network.io', 'receive'],
  ['sentBytes', 'hw.network.io', 'transmit'],
  ['receivedPackets', 'hw.network.packets', 'receive'],
  ['sentPackets', 'hw.network.packets', 'transmit'],
  ['receivedErrors', 'hw.errors', 'receive'],
  ['sentErrors', 'hw.errors', 'transmit'],
  ['receivedDropped', 'airis.hw.network.dropped', 'receive'],
  ['sentDropped', 'airis.hw.network.dropped', 'transmit'],
];

interface Device {
  readonly target: SnmpTarget;
  readonly memory: CounterMemory;
  readonly failures: Map<SnmpFailure, number>;
  session: SnmpSession | null;
  list: InterfaceList | null;
  useSource: UseSource | null;
  listedAtMs: number;
  upTimeTicks: number;
  waitMs: number;
  nextAtMs: number;
  problem: string | null;
}

interface State {
  readonly devices: readonly Device[];
  readonly attributes: BoundedAttributes;
}

const SERIES_PER_INTERFACE = 10;
/** Metrics that settings name beside those above, of all devices. */
const FURTHER_METRICS = 64;

/** Switches and routers over SNMP 2c and 3: interfaces by their wide counters where they have them. */
export const snmpCollector = defineCollector({
  name: 'snmp',
  watches: 'host',
  config,
  everyMs: EVERY_MS,
  capabilities: ['snmp'],
  emits,
  maxDeclared: FURTHER_METRICS,
  state: stateOf,
  applies: async (_host, { targets }) => targets.length > 0,
  async collect(host, { interfaceLimit }, out, state) {
    // All at once: a device that is silent takes its own time, not the others'.
    await Promise.all(state.devices.map((device) => readDevice(host, device, interfaceLimit, out, state.attributes)));
    const problems = state.devices.flatMap(({ problem }) => problem ?? []);
    if (problems.length > 0) throw new Error(problems.join('; '));
  },
  async close({ devices }) {
    for (const device of devices) leave(device);
  },
});

function stateOf({ targets, interfaceLimit }: Config): State {
  return {
    devices: targets.map((target) => ({
      target,
      memory: new CounterMemory(),
      failures: new Map(),
      session: null,
      list: null,
      useSource: null,
      listedAtMs: 0,
      upTimeTicks: 0,
      waitMs: 0,
      nextAtMs: Number.NEGATIVE_INFINITY,
      problem: null,
    })),
    attributes: new BoundedAttributes(
      targets.length * (interfaceLimit * SERIES_PER_INTERFACE + 16),
      (key) => JSON.parse(key) as Attributes, // made by JSON.stringify below
    ),
  };
}

async function readDevice(
  host: Host,
  device: Device,
  interfaceLimit: number,
  out: SampleWriter,
  known: BoundedAttributes,
): Promise<void> {
  const put = (metric: string, value: number, more: Attributes = {}, info?: MetricInfo): void => {
    if (info !== undefined && out.declare?.(metric, info) === false) return;
    const attributes = known.get(JSON.stringify({ 'hw.parent': device.target.name, ...more }));
    if (attributes !== null) out.write(metric, value, attributes);
  };
  const nowMs = host.nowMs();
  // A clock that was set back must not make it wait for that long.
  if (nowMs >= device.nextAtMs || device.nextAtMs - nowMs > LONGEST_WAIT_MS) {
    try {
      await withinTime(ask(host, device, interfaceLimit, put));
      device.waitMs = 0;
      device.problem = null;
      put('airis.snmp.up', 1);
    } catch (error) {
      const failure = error instanceof SnmpError ? error.failure : 'refused';
      device.failures.set(failure, (device.failures.get(failure) ?? 0) + 1);
      device.waitMs = Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, device.waitMs * 2));
      device.nextAtMs = nowMs + device.waitMs - EVERY_MS / 2;
      device.problem = `${device.target.name}: ${failure}: ${errorText(error).slice(0, 120)}`;
      leave(device);
    }
  }
  if (device.problem !== null) put('airis.snmp.up', 0);
  for (const [failure, count] of device.failures) put('airis.snmp.failures', count, { 'airis.snmp.failure': failure });
}

async function ask(
  host: Host,
  device: Device,
  interfaceLimit: number,
  put: (metric: string, value: number, more?: Attributes, info?: MetricInfo) => void,
): Promise<void> {
  device.session ??= await open(host, device.target);
  const { session } = device;
  const startMs = performance.now();
  const [upTime] = await session.get([UP_TIME]);
  put('airis.snmp.round_trip', (performance.now() - startMs) / 1_000);
  if (typeof upTime === 'number') {
    noteUpTime(device, upTime);
    put('airis.snmp.device.uptime', upTime / 100);
  }
  const nowMs = host.nowMs();
  let use: DeviceUse | null = null;
  if (device.list === null || Math.abs(nowMs - device.listedAtMs) >= LIST_EVERY_MS) {
    device.list = await readInterfaceList(session, interfaceLimit);
    const found = await unlessRefused(findUseSource(session));
    device.useSource = found?.source ?? null;
    use = found?.use ?? null;
    device.listedAtMs = nowMs;
  } else if (device.useSource !== null) use = await unlessRefused(readUse(session, device.useSource));
  put('airis.snmp.interfaces_left_out', device.list.leftOut);
  for (const reading of await readInterfaces(session, device.list)) putInterface(reading, device.memory, put);
  if (use !== null) {
    if (Number.isFinite(use.cpuRatio)) put('airis.snmp.device.cpu.utilization', use.cpuRatio);
    if (Number.isFinite(use.memoryRatio)) put('airis.snmp.device.memory.utilization', use.memoryRatio);
  }
  await putFurther(session, device.target, put);
}

/** A device may refuse a whole question that touches what its view hides; its interfaces are read all the same. */
async function unlessRefused<T>(question: Promise<T>): Promise<T | null> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof SnmpError && error.failure === 'refused') return null;
    throw error;
  }
}

/** Numbers that settings name; one that the device does not have is left out. */
async function putFurther(
  session: SnmpSession,
  { values }: SnmpTarget,
  put: (metric: string, value: number, more?: Attributes, info?: MetricInfo) => void,
): Promise<void> {
  if (values.length === 0) return;
  const answers = (await unlessRefused(session.get(values.map(({ oid }) => oid)))) ?? [];
  for (const [at, { metric, unit, kind, factor }] of values.entries()) {
    const answer = answers[at];
    // Many devices write numbers as texts.
    const number = typeof answer === 'number' ? answer : Number(answer?.toString('latin1').trim() || Number.NaN);
    if (Number.isFinite(number))
      put(metric, number * factor, {}, { unit, kind, about: 'named in the settings of the collector snmp' });
  }
}

function putInterface(
  { index, name, isUp, isWanted, bitsPerSecond, counters }: InterfaceReading,
  memory: CounterMemory,
  put: (metric: string, value: number, more: Attributes) => void,
): void {
  const place = { 'network.interface.name': name };
  // A port that was switched off on purpose is nobody's trouble.
  if (isUp || isWanted) put('hw.network.up', isUp ? 1 : 0, place);
  if (bitsPerSecond > 0) put('hw.network.bandwidth.limit', bitsPerSecond / 8, place);
  for (const [counter, metric, direction] of flows) {
    const reading = counters[counter];
    if (reading === undefined) continue;
    put(metric, memory.rising(`${index} ${counter}`, reading), { ...place, 'network.io.direction': direction });
  }
}

/** A device that started again has counters from 0, and its interfaces may have other numbers. */
function noteUpTime(device: Device, ticks: number): void {
  const fell = ticks < device.upTimeTicks;
  if (fell && device.upTimeTicks < UP_TIME_WRAP - NEAR_WRAP) {
    device.memory.forget();
    device.list = null;
  }
  device.upTimeTicks = ticks;
}

async function open(host: Host, target: SnmpTarget): Promise<SnmpSession> {
  if (host.snmp === undefined) throw new Error('no capability to ask snmp');
  const secret = async (path: string | undefined) =>
    path === undefined ? undefined : (await host.readText(path)).trim();
  return await host.snmp(target, {
    community: await secret(target.communityFile),
    authPassword: await secret(target.authPasswordFile),
    privPassword: await secret(target.privPasswordFile),
  });
}

/** A device that answers slowly and without end fails too; its session is closed then. */
async function withinTime(done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new SnmpError('timeout', `not read within ${DEVICE_WITHIN_MS / 1_000} s`)),
      DEVICE_WITHIN_MS,
    );
  });
  try {
    await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
    // After a timeout the session is closed, and what is still asked on it ends in nobody's hands.
    done.catch(() => undefined);
  }
}

function leave(device: Device): void {
  device.session?.[Symbol.dispose]();
  device.session = null;
  device.list = null;
  device.useSource = null;
}
