import type { SnmpRow, SnmpSession, SnmpValue } from './snmp-session.ts';

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
}

/** Ports, not their logical doubles: loopback (24) and what a switch keeps to itself (other 1, virtual 53 stay out). */
const LEFT_TYPES = new Set([1, 24]);

export async function readInterfaceList(session: SnmpSession, limit: number): Promise<InterfaceList> {
  const most = 4 * limit;
  const [names, descriptions, types, megabits] = [
    await session.column(`${IFX}.1`, most),
    await session.column(`${IF}.2`, most),
    await session.column(`${IF}.3`, most),
    await session.column(`${IFX}.15`, most),
  ].map((rows) => new Map(rows));
  const indexes = [...new Set([...descriptions!.keys(), ...names!.keys()])].filter(
    (index) => !LEFT_TYPES.has(Number(types!.get(index) ?? 0)),
  );
  const byIndex = new Map(
    indexes.slice(0, limit).map((index) => [
      index,
      {
        name: nameOf(names!.get(index)) ?? nameOf(descriptions!.get(index)) ?? `if${index}`,
        bitsPerSecond: 1e6 * numberOf(megabits!.get(index)),
      },
    ]),
  );
  return { byIndex, leftOut: indexes.length - byIndex.size };
}

/** State and counters of the listed interfaces. */
export async function readInterfaces(session: SnmpSession, { byIndex }: InterfaceList): Promise<InterfaceReading[]> {
  const limit = 4 * byIndex.size + 16;
  const column = async (oid: string) => new Map<string, SnmpValue>(await session.column(oid, limit));
  const [admin, oper] = [await column(`${IF}.7`), await column(`${IF}.8`)];
  const columns: [InterfaceCounter, Map<string, SnmpValue>, 32 | 64][] = [];
  for (const [name, [wide, narrow]] of Object.entries(counters)) {
    // The keys are those of `counters`.
    const counter = name as InterfaceCounter;
    const rows: SnmpRow[] = wide === null ? [] : await session.column(wide, limit);
    if (rows.length > 0) columns.push([counter, new Map(rows), 64]);
    else columns.push([counter, await column(narrow), 32]);
  }
  return [...byIndex].map(([index, { name, bitsPerSecond }]) => ({
    name,
    bitsPerSecond,
    isWanted: numberOf(admin.get(index)) === 1,
    isUp: numberOf(oper.get(index)) === 1,
    counters: Object.fromEntries(
      columns.flatMap(([counter, values, bits]) => {
        const value = values.get(index);
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
