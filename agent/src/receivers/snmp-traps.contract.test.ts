import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createHost } from '../collectors/host.ts';
import { Refusals } from '../refusals.ts';
import type { LogLine } from './log-line.ts';
import { snmpTrapsReceiver } from './snmp-traps.ts';

const run = promisify(execFile);
const SNMPTRAP = '/usr/bin/snmptrap';

let folder: string;
beforeEach(() => {
  if (!existsSync(SNMPTRAP)) throw new Error(`${SNMPTRAP} is missing: apt-get install snmp`);
  folder = mkdtempSync(join(tmpdir(), 'airis-traps-'));
  for (const [name, word] of [
    ['community', 'only-for-the-test'],
    ['auth', 'authpass123'],
    ['priv', 'privpass123'],
  ] as const) {
    writeFileSync(join(folder, name), `${word}\n`, { mode: 0o600 });
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function listening(settings: object = {}) {
  const lines: LogLine[] = [];
  const refusals = new Refusals();
  const receiver = await snmpTrapsReceiver.start(
    {
      host: createHost(),
      sink: { accept: (line) => lines.push(line) > 0 },
      positions: { load: () => null, save: () => undefined },
      refusals,
    },
    {
      listen: '127.0.0.1:0',
      communityFile: join(folder, 'community'),
      users: [{ name: 'watcher', authPasswordFile: join(folder, 'auth'), privPasswordFile: join(folder, 'priv') }],
      ...settings,
    },
  );
  const port = Number(receiver!.sources()[0]!.split(':').at(-1));
  return {
    port,
    refusals,
    lines,
    /** snmptrap with these words, from nobody's configuration. */
    trap: (...words: string[]) =>
      run(
        SNMPTRAP,
        words.map((word) => word.replace('PORT', String(port))),
        { env: { SNMPCONFPATH: folder, SNMP_PERSISTENT_DIR: folder } },
      ),
    come: (count: number) =>
      vi.waitFor(
        async () => {
          await receiver!.poll();
          expect(lines.length).toBeGreaterThanOrEqual(count);
        },
        { timeout: 5_000, interval: 50 },
      ),
    poll: async () => receiver!.poll(),
    [Symbol.asyncDispose]: async () => receiver![Symbol.asyncDispose](),
  };
}

const TO = 'udp:127.0.0.1:PORT';
const LINK_DOWN = '1.3.6.1.6.3.1.1.5.3';
const DESCRIPTION = ['1.3.6.1.2.1.2.2.1.2.7', 's', 'Gi0/7'];

it('takes traps of versions 1, 2c and 3, and informs, from the real sender', async () => {
  await using traps = await listening();
  await traps.trap(
    '-v',
    '2c',
    '-c',
    'only-for-the-test',
    TO,
    '',
    LINK_DOWN,
    ...DESCRIPTION,
    '1.3.6.1.2.1.2.2.1.7.7',
    'i',
    '1',
  );
  await traps.trap(
    '-v',
    '1',
    '-c',
    'only-for-the-test',
    TO,
    '1.3.6.1.4.1.8072',
    '127.0.0.1',
    '2',
    '0',
    '',
    ...DESCRIPTION,
  );
  await traps.trap('-v', '1', '-c', 'only-for-the-test', TO, '1.3.6.1.4.1.9', '127.0.0.1', '6', '17', '');
  const user = [
    '-e',
    '0x8000000001020304',
    '-u',
    'watcher',
    '-l',
    'authPriv',
    '-a',
    'SHA-256',
    '-A',
    'authpass123',
    '-x',
    'AES',
    '-X',
    'privpass123',
  ];
  await traps.trap('-v', '3', ...user, TO, '', '1.3.6.1.6.3.1.1.5.5');
  await traps.come(4);
  expect(traps.lines.map(({ text, severity, source }) => [source, severity, text])).toEqual([
    ['snmp-trap:127.0.0.1', 13, 'linkDown ifDescr="Gi0/7" ifAdminStatus=1'],
    ['snmp-trap:127.0.0.1', 13, 'linkDown ifDescr="Gi0/7"'],
    ['snmp-trap:127.0.0.1', 9, '1.3.6.1.4.1.9.0.17'],
    ['snmp-trap:127.0.0.1', 13, 'authenticationFailure'],
  ]);
  expect(traps.refusals.snapshot()).toEqual({});
});

it('refuses and counts other communities, unknown users and what is no SNMP, and goes on', async () => {
  await using traps = await listening({ maxTrapsPerSecond: 1_000 });
  await traps.trap('-v', '2c', '-c', 'public', TO, '', LINK_DOWN);
  const stranger = [
    '-e',
    '0x8000000001020305',
    '-u',
    'stranger',
    '-l',
    'authNoPriv',
    '-a',
    'SHA-256',
    '-A',
    'authpass123',
  ];
  await traps.trap('-v', '3', ...stranger, TO, '', LINK_DOWN);
  const socket = createSocket('udp4');
  const send = (bytes: Buffer) =>
    new Promise<void>((done) => socket.send(bytes, traps.port, '127.0.0.1', () => done()));
  for (const bytes of ['', '30', '30820fff020101', '3003020101', 'ff'.repeat(1_000)])
    await send(Buffer.from(bytes, 'hex'));
  socket.close();
  await traps.trap('-v', '2c', '-c', 'only-for-the-test', TO, '', LINK_DOWN);
  await traps.come(1);
  expect(traps.lines).toHaveLength(1);
  expect(traps.refusals.snapshot()['snmp-trap-refused']).toBeGreaterThanOrEqual(2);
});

it('bounds what one device may send, and says when its port is taken', async () => {
  await using traps = await listening({ maxTrapsPerSecond: 2 });
  for (let i = 0; i < 5; i++) await traps.trap('-v', '2c', '-c', 'only-for-the-test', TO, '', LINK_DOWN);
  await traps.come(2);
  expect(traps.refusals.snapshot()['snmp-trap-rate']).toBeGreaterThanOrEqual(1);
  await expect(listening({ listen: `127.0.0.1:${traps.port}` })).rejects.toMatchObject({
    code: 'SNMP_TRAPS_CANNOT_LISTEN',
  });
});
