import { compareOids, type SnmpSession, type SnmpValue } from './snmp-session.ts';

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';

/** Cumulative numbers of one interface: object of 64 bits, and of 32 where a device has no other. */
const counters = {
  receivedBytes: [`${IFX}.6`, `${IF}.10`],
  sentBytes: [`${IFX}.10`, `${IF}.16`],
  receivedPackets: [`${IFX}.7`, `${IF}.11`],
  sentPackets: [`${IFX}.11`, `${IF}.17`],
  receivedErrors: [null, `${IF}.14`],
  sentErrors: [null, `${IF}.20`],
  receivedDropped: [null, `${IF}.13`],
  sentDropped: [null, `${IF}.19`],
} as const;
export type InterfaceCounter = keyof typeof counters;

export interface InterfaceReading {
  /** Where the device keeps it: what tells interfaces of one name apart. */
  readonly index: string;
  readonly name: string;
  /** Of the configured ones: as the operator wants it. */
  readonly isWanted: boolean;
  readonly isUp: boolean;
  /** 0 where the device does not say. */
  readonly bitsPerSecond: number;
  readonly counters: Partial<Record<InterfaceCounter, CounterReading>>;
}

export interface CounterReading {
  readonly value: number;
  readonly bits: 32 | 64;
}

/** Names and what an interface is; they change rarely and are asked for rarely. */
export interface InterfaceList {
  readonly byIndex: ReadonlyMap<string, { readonly name: string; readonly bitsPerSecond: number }>;
  /** Interfaces beyond the limit. */
  readonly leftOut: number;
  /** Rows of a table up to and with the last one listed: those between are of other kinds. */
  readonly rows: number;
}

/** What a switch keeps to itself (other, 1) and loopback (24) are no ports. */
const LEFT_TYPES = new Set([1, 24]);
/** Rows of one device that are looked at. */
const MAX_ROWS = 2_048;

export async function readInterfaceList(session: SnmpSession, limit: number): Promise<InterfaceList> {
  const column = async (oid: string) => new Map<string, SnmpValue>(await session.column(oid, MAX_ROWS));
  const descriptions = await column(`${IF}.2`);
  const types = await column(`${IF}.3`);
  const bits = await column(`${IF}.5`);
  const names = await column(`${IFX}.1`);
  const megabits = await column(`${IFX}.15`);
  const all = [...new Set([...descriptions.keys(), ...names.keys()])].sort(compareOids);
  const ports = all.filter((index) => !LEFT_TYPES.has(numberOf(types.get(index))));
  const listed = ports.slice(0, limit);
  const taken = new Set<string>();
  const byIndex = new Map(
    listed.map((index) => {
      const plain = nameOf(names.get(index)) ?? nameOf(descriptions.get(index)) ?? `if${index}`;
      const name = taken.has(plain) ? `${plain} (${index})` : plain;
      taken.add(name);
      return [
        index,
        { name, bitsPerSecond: 1e6 * numberOf(megabits.get(index)) || numberOf(bits.get(index)) },
      ] as const;
    }),
  );
  const last = listed.at(-1);
  return { byIndex, leftOut: ports.length - listed.length, rows: last === undefined ? 0 : all.indexOf(last) + 1 };
}

/** State and counters of the listed interfaces. */
export async function readInterfaces(
  session: SnmpSession,
  { byIndex, rows }: InterfaceList,
): Promise<InterfaceReading[]> {
  if (rows === 0) return [];
  const column = async (oid: string) => new Map<string, SnmpValue>(await session.column(oid, rows));
  const [admin, oper] = [await column(`${IF}.7`), await column(`${IF}.8`)];
  const columns: [InterfaceCounter, wide: Map<string, SnmpValue>, narrow: Map<string, SnmpValue>][] = [];
  for (const [name, [wideOid, narrowOid]] of Object.entries(counters)) {
    const wide = wideOid === null ? new Map<string, SnmpValue>() : await column(wideOid);
    // Slow ports may lack the wide ones where fast ports of the same device have them.
    const isWhole = [...byIndex.keys()].every((index) => wide.has(index));
    const narrow = isWhole ? new Map<string, SnmpValue>() : await column(narrowOid);
    // The keys are those of `counters`.
    columns.push([name as InterfaceCounter, wide, narrow]);
  }
  return [...byIndex].map(([index, { name, bitsPerSecond }]) => ({
    index,
    name,
    bitsPerSecond,
    isWanted: numberOf(admin.get(index)) === 1,
    isUp: numberOf(oper.get(index)) === 1,
    counters: Object.fromEntries(
      columns.flatMap(([counter, wide, narrow]) => {
        const bits = wide.has(index) ? 64 : 32;
        const value = wide.get(index) ?? narrow.get(index);
        return typeof value === 'number' && value >= 0 ? [[counter, { value, bits }]] : [];
      }),
    ),
  }));
}

const numberOf = (value: SnmpValue | undefined): number => (typeof value === 'number' ? value : 0);

const MAX_NAME = 64;

/** Text of the device itself: printable characters only, and not without end. */
function nameOf(value: SnmpValue | undefined): string | null {
  if (!Buffer.isBuffer(value)) return null;
  const text = value
    .toString('utf8')
    .replace(/[\p{C}\p{Z}\ufffd]+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME);
  return text === '' ? null : text;
}
