/** What net-snmp's receiver hands over. */
export interface Notification {
  readonly rinfo: { readonly address: string };
  readonly pdu: {
    readonly varbinds?: readonly { readonly oid: string; readonly value: unknown }[];
    /** Version 1 only. */
    readonly enterprise?: string;
    readonly generic?: number;
    readonly specific?: number;
  };
}

const TRAPS = '1.3.6.1.6.3.1.1.5';
const TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';
const UP_TIME = '1.3.6.1.2.1.1.3.0';
const names = ['coldStart', 'warmStart', 'linkDown', 'linkUp', 'authenticationFailure', 'egpNeighborLoss'] as const;
const OF_ENTERPRISE = 6;

/** Of OpenTelemetry: 9 information, 13 warning. */
const severities: Readonly<Record<string, number>> = {
  coldStart: 13,
  warmStart: 13,
  linkDown: 13,
  linkUp: 9,
  authenticationFailure: 13,
};
const PLAIN_SEVERITY = 9;

const known: Readonly<Record<string, string>> = {
  '1.3.6.1.2.1.2.2.1.1': 'ifIndex',
  '1.3.6.1.2.1.2.2.1.2': 'ifDescr',
  '1.3.6.1.2.1.2.2.1.7': 'ifAdminStatus',
  '1.3.6.1.2.1.2.2.1.8': 'ifOperStatus',
  '1.3.6.1.2.1.31.1.1.1.1': 'ifName',
  '1.3.6.1.6.3.1.1.4.3': 'snmpTrapEnterprise',
};
const MAX_VALUES = 16;
const MAX_VALUE = 120;

/** `linkDown ifIndex=2 ifAdminStatus=1`: the trap by its name where it is one of the standard, and what it carries. */
export function textOfTrap({ pdu }: Notification): { readonly text: string; readonly severity: number } {
  const varbinds = (pdu.varbinds ?? []).filter(({ oid }) => oid !== UP_TIME);
  const said = varbinds.find(({ oid }) => oid === TRAP_OID)?.value;
  const name = nameOf(pdu, typeof said === 'string' ? said : null);
  const values = varbinds
    .filter(({ oid }) => oid !== TRAP_OID)
    .slice(0, MAX_VALUES)
    .map(({ oid, value }) => `${labelOf(oid)}=${valueText(value)}`);
  return { text: [name, ...values].join(' '), severity: severities[name] ?? PLAIN_SEVERITY };
}

function nameOf({ enterprise, generic, specific }: Notification['pdu'], said: string | null): string {
  if (said !== null) {
    const at = said.startsWith(`${TRAPS}.`) ? Number(said.slice(TRAPS.length + 1)) - 1 : -1;
    return names[at] ?? said.slice(0, MAX_VALUE);
  }
  if (generic === undefined) return 'trap';
  return generic === OF_ENTERPRISE
    ? `${enterprise ?? ''}.0.${specific ?? 0}`
    : (names[generic] ?? `generic-${generic}`);
}

/** `1.3.6.1.2.1.2.2.1.2.7` → `ifDescr`; no known object begins another. */
function labelOf(oid: string): string {
  const found = Object.keys(known).find((prefix) => oid === prefix || oid.startsWith(`${prefix}.`));
  return found === undefined ? oid.slice(0, MAX_VALUE) : known[found]!;
}

function valueText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  const text = Buffer.isBuffer(value) ? value.toString('utf8') : typeof value === 'string' ? value : '';
  const printable = text.replace(/[\p{C}\p{Z}\ufffd]+/gu, ' ').trim();
  return printable === '' && Buffer.isBuffer(value)
    ? `0x${value.subarray(0, MAX_VALUE / 4).toString('hex')}`
    : JSON.stringify(printable.slice(0, MAX_VALUE));
}
