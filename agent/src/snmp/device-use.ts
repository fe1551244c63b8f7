import type { SnmpSession, SnmpValue } from './snmp-session.ts';

/** Processors, memory areas or modules of one device. */
const ROWS = 64;

export interface DeviceUse {
  /** 0..1, mean of its processors. */
  readonly cpuRatio: number;
  readonly memoryRatio: number;
}

/** One way in which devices tell their load; NaN for what it does not tell. */
export interface UseSource {
  readonly name: string;
  cpu(session: SnmpSession): Promise<number>;
  memory(session: SnmpSession): Promise<number>;
  /** Memory too, or the device tells more by another way; without it either is enough. */
  readonly needsMemory?: true;
}

const numbers = (rows: readonly (readonly [string, SnmpValue])[]) =>
  rows.flatMap(([suffix, value]) => (typeof value === 'number' && value >= 0 ? [[suffix, value] as const] : []));
const numbersOf = async (session: SnmpSession, oid: string) => numbers(await session.column(oid, ROWS));

function meanPercent(rows: readonly (readonly [string, number])[]): number {
  const valid = rows.filter(([, value]) => value <= 100);
  return valid.reduce((sum, [, value]) => sum + value, 0) / valid.length / 100;
}

const percentColumn = (oid: string) => async (session: SnmpSession) => meanPercent(await numbersOf(session, oid));

/** Used of all, by the largest row: a device has one main memory beside buffers of its cards. */
function largestShare(used: readonly (readonly [string, number])[], sizeOf: ReadonlyMap<string, number>): number {
  const rows = used.flatMap(([suffix, value]) => {
    const size = sizeOf.get(suffix) ?? 0;
    return size > 0 && value <= size ? [{ size, share: value / size }] : [];
  });
  return rows.sort((a, b) => b.size - a.size)[0]?.share ?? Number.NaN;
}

const UCD_MEMORY = ['5', '6', '14', '15'].map((part) => `1.3.6.1.4.1.2021.4.${part}.0`);

/** UCD-SNMP-MIB of net-snmp: unlike HOST-RESOURCES-MIB it tells caches from memory in use. */
const netSnmp: UseSource = {
  name: 'net-snmp',
  needsMemory: true,
  cpu: percentColumn('1.3.6.1.2.1.25.3.3.1.2'),
  async memory(session) {
    const [total, free, buffers, cached] = await session.get(UCD_MEMORY);
    if (typeof total !== 'number' || typeof free !== 'number' || total <= 0) return Number.NaN;
    const caches = [buffers, cached].reduce<number>((sum, part) => sum + (typeof part === 'number' ? part : 0), 0);
    return Math.min(1, Math.max(0, 1 - (free + caches) / total));
  },
};

/** HOST-RESOURCES-MIB: most that is not a switch. */
const hostResources: UseSource = {
  name: 'host-resources',
  cpu: percentColumn('1.3.6.1.2.1.25.3.3.1.2'),
  async memory(session) {
    const descriptions = await session.column('1.3.6.1.2.1.25.2.3.1.3', ROWS);
    const isMemory = new Set(
      descriptions.flatMap(([suffix, value]) =>
        /^(?:physical memory|real memory|ram\b|system memory)/i.test(String(value)) ? [suffix] : [],
      ),
    );
    if (isMemory.size === 0) return Number.NaN;
    const sizes = new Map(
      (await numbersOf(session, '1.3.6.1.2.1.25.2.3.1.5')).filter(([suffix]) => isMemory.has(suffix)),
    );
    return largestShare(await numbersOf(session, '1.3.6.1.2.1.25.2.3.1.6'), sizes);
  },
};

/** CISCO-PROCESS-MIB and CISCO-MEMORY-POOL-MIB; untried. */
const cisco: UseSource = {
  name: 'cisco',
  cpu: percentColumn('1.3.6.1.4.1.9.9.109.1.1.1.1.7'),
  async memory(session) {
    const used = await numbersOf(session, '1.3.6.1.4.1.9.9.48.1.1.1.5');
    const free = new Map(await numbersOf(session, '1.3.6.1.4.1.9.9.48.1.1.1.6'));
    return largestShare(used, new Map(used.map(([suffix, value]) => [suffix, value + (free.get(suffix) ?? 0)])));
  },
};

/** Routing engines; fans and power supplies are rows of the same tables, and always idle. */
const routingEngines = (oid: string) => async (session: SnmpSession) =>
  meanPercent((await numbersOf(session, oid)).filter(([suffix]) => suffix.startsWith('9.')));

/** JUNIPER-MIB; untried. */
const juniper: UseSource = {
  name: 'juniper',
  cpu: routingEngines('1.3.6.1.4.1.2636.3.1.13.1.8'),
  memory: routingEngines('1.3.6.1.4.1.2636.3.1.13.1.11'),
};

/** In this order; the first that tells anything is the device's. */
const sources: readonly UseSource[] = [netSnmp, hostResources, cisco, juniper];

/** Which source a device answers and what it said, or `null`: asked now and then, since each is several questions. */
export async function findUseSource(session: SnmpSession): Promise<{ source: UseSource; use: DeviceUse } | null> {
  for (const source of sources) {
    const use = await readUse(session, source);
    const hasMemory = Number.isFinite(use.memoryRatio);
    if (hasMemory || (!source.needsMemory && Number.isFinite(use.cpuRatio))) return { source, use };
  }
  return null;
}

export async function readUse(session: SnmpSession, source: UseSource): Promise<DeviceUse> {
  return { cpuRatio: await source.cpu(session), memoryRatio: await source.memory(session) };
}
