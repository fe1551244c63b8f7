import { isIPv6 } from 'node:net';
import type { Session, Varbind } from 'net-snmp';
import type { SnmpTarget } from './snmp-target.ts';

/** What of a table or a group of values one object identifier ends with, and its value. */
export type SnmpRow = readonly [suffix: string, value: SnmpValue];
/** Numbers beyond 2^53 lose their last digits; octet strings stay bytes. */
export type SnmpValue = number | Buffer;

/** What opens a device, read from its files for one session. */
export interface SnmpSecrets {
  readonly community?: string | undefined;
  readonly authPassword?: string | undefined;
  readonly privPassword?: string | undefined;
}

/** Questions to one device. Every answer is bounded in time, rows and bytes. */
export interface SnmpSession extends Disposable {
  /** Values by object identifier; `null` for what the device does not have. */
  get(oids: readonly string[]): Promise<(SnmpValue | null)[]>;
  /**
   * Rows of one column in order, at most `limit`.
   *
   * @throws SnmpError `loop` for a device whose rows do not rise
   */
  column(oid: string, limit: number): Promise<SnmpRow[]>;
}
export type SnmpOpen = (target: SnmpTarget, secrets: SnmpSecrets) => Promise<SnmpSession>;

export type SnmpFailure = 'timeout' | 'refused' | 'garbage' | 'loop';

export class SnmpError extends Error {
  readonly failure: SnmpFailure;

  constructor(failure: SnmpFailure, message: string) {
    super(message);
    this.name = 'SnmpError';
    this.failure = failure;
  }
}

const RETRIES = 1;
/** With longer answers some devices send more than one datagram holds. */
const ROWS_AT_ONCE = 20;

/** Opens a session; the library is loaded with the first one, so that hosts without devices do not pay for it. */
export const openSnmp: SnmpOpen = async (target, secrets) => {
  const { default: snmp } = await import('net-snmp');
  const session = make();
  // Malformed datagrams come as events; the question they should have answered ends by its timeout.
  let malformed: Error | null = null;
  session.on('error', (error: Error) => {
    malformed = error;
  });

  function make(): Session {
    const { address, port, timeoutMs } = target;
    const options = {
      port,
      timeout: timeoutMs,
      retries: RETRIES,
      transport: isIPv6(address) ? 'udp6' : 'udp4',
    } as const;
    if (target.version === '2c') {
      return snmp.createSession(address, secrets.community ?? '', { ...options, version: snmp.Version2c });
    }
    const { authPassword, privPassword } = secrets;
    const level =
      authPassword === undefined
        ? snmp.SecurityLevel.noAuthNoPriv
        : privPassword === undefined
          ? snmp.SecurityLevel.authNoPriv
          : snmp.SecurityLevel.authPriv;
    return snmp.createV3Session(
      address,
      {
        name: target.user ?? '',
        level,
        ...(authPassword === undefined
          ? {}
          : { authProtocol: snmp.AuthProtocols[target.authProtocol], authKey: authPassword }),
        ...(privPassword === undefined
          ? {}
          : { privProtocol: snmp.PrivProtocols[target.privProtocol], privKey: privPassword }),
      },
      { ...options, version: snmp.Version3 },
    );
  }

  function ask<T>(question: (answer: (error: Error | null, varbinds?: T) => void) => void): Promise<T> {
    malformed = null;
    return new Promise((resolve, reject) => {
      question((error, varbinds) => {
        if (error !== null) reject(failureOf(error, malformed));
        else if (varbinds === undefined) reject(new SnmpError('garbage', 'an answer without values'));
        else resolve(varbinds);
      });
    });
  }

  return {
    async get(oids) {
      const varbinds = await ask<Varbind[]>((answer) => session.get([...oids], answer));
      return varbinds.map((varbind) => (snmp.isVarbindError(varbind) ? null : snmpValue(varbind)));
    },
    async column(oid, limit) {
      const rows: SnmpRow[] = [];
      for (let last = oid; rows.length < limit; ) {
        const [answered] = await ask<(Varbind | Varbind[])[]>((answer) =>
          session.getBulk([last], 0, ROWS_AT_ONCE, answer),
        );
        const varbinds = Array.isArray(answered) ? answered : answered === undefined ? [] : [answered];
        if (varbinds.length === 0) return rows;
        for (const varbind of varbinds) {
          if (snmp.isVarbindError(varbind) || !varbind.oid.startsWith(`${oid}.`)) return rows;
          if (compareOids(varbind.oid, last) <= 0) throw new SnmpError('loop', `rows of ${oid} do not rise`);
          last = varbind.oid;
          const value = snmpValue(varbind);
          if (value !== null) rows.push([varbind.oid.slice(oid.length + 1), value]);
          if (rows.length >= limit) return rows;
        }
      }
      return rows;
    },
    [Symbol.dispose]: () => session.close(),
  };
};

function failureOf(error: Error, malformed: Error | null): SnmpError {
  if (error.name === 'RequestTimedOutError') {
    return malformed === null
      ? new SnmpError('timeout', 'no answer')
      : new SnmpError('garbage', `not SNMP: ${malformed.message}`);
  }
  return new SnmpError(error.name === 'ResponseInvalidError' ? 'garbage' : 'refused', error.message);
}

/** Counters of 64 bits come as bytes, as octet strings do; their type tells them apart. */
function snmpValue({ type, value }: Varbind): SnmpValue | null {
  const COUNTER_64 = 0x46;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (!Buffer.isBuffer(value)) return null;
  if (Number(type) !== COUNTER_64) return value;
  return value.length === 0 || value.length > 9 ? null : Number(BigInt(`0x${value.toString('hex')}`));
}

/** By their numbers, as devices order them. */
export function compareOids(a: string, b: string): number {
  const [left, right] = [a, b].map((oid) => oid.split('.').map(Number));
  for (let i = 0; i < Math.min(left!.length, right!.length); i++) {
    if (left![i] !== right![i]) return left![i]! - right![i]!;
  }
  return left!.length - right!.length;
}
