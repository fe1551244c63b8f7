import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accessLogCollector } from '../collectors/access-log-collector.ts';
import type { Collector } from '../collectors/collector.ts';
import { createHost, type Host } from '../collectors/host.ts';
import { mysqlCollector } from '../collectors/mysql.ts';
import { postgresqlCollector } from '../collectors/postgresql.ts';
import { probesCollector } from '../collectors/probes.ts';
import { snmpCollector } from '../collectors/snmp.ts';
import { createLogTail, logTailConfig } from '../receivers/log-tail.ts';
import { Refusals } from '../refusals.ts';
import { directoriesCollector } from '../scope/directories.ts';
import { floorText, readFloor } from './floor-file.ts';
import { withinFloor } from './floor-host.ts';
import { Gate } from './gate.ts';
import { LiveFloor } from './live-floor.ts';
import { closedFloor, type Floor, openFloor, parseFloor } from './log-rules.ts';

let folder: string;
const me = process.getuid?.() ?? 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-floor-'));
  mkdirSync(join(folder, 'open'));
  mkdirSync(join(folder, 'closed'));
  writeFileSync(join(folder, 'open', 'a.log'), 'open\n');
  writeFileSync(join(folder, 'closed', 'b.log'), 'closed\n');
  symlinkSync(join(folder, 'closed', 'b.log'), join(folder, 'open', 'link.log'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const floorOf = (text: string): Floor => {
  const parsed = parseFloor(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
};
const asked: string[] = [];
const http = async (url: string) => {
  asked.push(url);
  return { status: 200, text: 'figures' };
};
const under = (text: string): Host => {
  const floor = floorOf(text);
  return withinFloor({ ...createHost(), http }, () => floor);
};
const at = (...names: string[]) => join(folder, ...names);

describe('floor.yaml', () => {
  const write = (text: string, mode = 0o644) => {
    writeFileSync(at('floor.yaml'), text);
    chmodSync(at('floor.yaml'), mode);
    return readFloor(at('floor.yaml'), me);
  };

  it('leaves all open only where there is none', () => {
    const none = readFloor(at('floor.yaml'), me);
    expect(none).toMatchObject({ floor: openFloor, isThere: false, problem: null });
    expect(floorText(none)).toBe('no floor.yaml');
  });

  it('is in force as it is written', () => {
    const read = write('questions:\n  mayAsk: [trace]\n');
    expect(read).toMatchObject({ floor: { ...openFloor, questions: { mayAsk: ['trace'], never: [] } }, problem: null });
    expect(floorText(read)).toMatch(/bounds this agent/);
  });

  it.each([
    ['a key that nobody knows', 'path: {}'],
    ['a key within that nobody knows', 'paths:\n  mayread: ["/x"]'],
    ['a value of another kind', 'targets:\n  mayCall: everything'],
    ['what is no YAML', 'logs: ['],
    ['what is no mapping', '- a'],
  ])('closes everything for %s, and says why', (_, text) => {
    const read = write(text);
    expect(read.floor).toEqual(closedFloor);
    expect(read.problem).not.toBe('');
    expect(floorText(read)).toMatch(/cannot be used, so that no file is read/);
  });

  it('closes everything where others may write it, or it is not who it should be', () => {
    expect(write('', 0o666)).toMatchObject({ floor: closedFloor, problem: expect.stringContaining('chmod go-w') });
    expect(write('', 0o644).floor).toEqual(openFloor);
    expect(readFloor(at('floor.yaml'), me + 1)).toMatchObject({ floor: closedFloor, problem: /chown root/ });
    symlinkSync(at('floor.yaml'), at('other.yaml'));
    expect(readFloor(at('other.yaml'), me).floor).toEqual(closedFloor);
    expect(readFloor(at('open'), me).floor).toEqual(closedFloor);
    expect(readFloor(at('open', 'a.log', 'x'), me).floor).toEqual(closedFloor);
  });

  it('is never more open for any text than without it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { questions } = write(text).floor;
        expect([...questions.mayAsk, ...questions.never].every((one) => one === '**' || text.includes(one))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('paths.mayRead and paths.never', () => {
  const floor = () =>
    `paths:\n  mayRead: ["${folder}/open/**", "${folder}/closed/**"]\n  never: ["${folder}/closed/**"]`;

  it("bound whatever a collector reads, where a link leads to included; the kernel's figures stay", async () => {
    const host = under(floor());
    expect(await host.readText(at('open', 'a.log'))).toBe('open\n');
    expect(await host.tryReadText(at('closed', 'b.log'))).toBeNull();
    await expect(host.readText(at('open', 'link.log'))).rejects.toThrow('floor.yaml under paths.mayRead');
    await expect(host.readBytes('/etc/passwd', 10)).rejects.toThrow('bars it');
    expect(await host.readText('/proc/uptime')).toMatch(/^\d/);
    expect(host.readInto('/proc/stat', Buffer.alloc(64))).toBeGreaterThan(0);
    for (const way of ['/proc/self/root/etc/passwd', '/proc/../etc/passwd', '/sys/../etc/passwd']) {
      expect(await host.tryReadText(way), way).toBeNull();
      expect(host.readInto(way, Buffer.alloc(64)), way).toBe(-1);
    }
  });

  it('bound which logs are followed', async () => {
    const lines: string[] = [];
    const refusals = new Refusals();
    const config = logTailConfig.parse({ files: [{ path: at('*', '*.log') }], startAt: 'beginning' });
    const sink = { accept: ({ text }: { text: string }) => lines.push(text) > 0 };
    const positions = { load: () => null, save: () => undefined };
    await using tail = createLogTail({ host: under(floor()), config, sink, positions, refusals });
    for (let i = 0; i < 3; i++) await tail.poll();
    expect(lines).toEqual(['open']);
    expect(refusals.snapshot()).toEqual({ 'barred-by-floor': 2 });
  });

  it('bound access logs and folders', async () => {
    const host = under(floor());
    const line = `${JSON.stringify({ t: 1, ms: 10, status: 200, method: 'GET', path: '/' })}\n`;
    const path = at('closed', 'b.log');
    const collector = accessLogCollector.create({ files: [{ path, format: 'json' }] });
    await collector.collect(host, { write: () => undefined });
    writeFileSync(path, line);
    await collector.collect(host, { write: () => undefined });
    expect(collector.transactions?.().length).toBe(0);
    await collector.close?.();
    expect(host.mayRead('journal:')).toBe(false);
    expect(under('paths:\n  mayRead: ["journal:*"]').mayRead('journal:')).toBe(true);
    const directories = [{ name: 'x', path: at('closed'), quotaBytes: 1 }];
    const folders = directoriesCollector.create({ ...scopeOf(), directories });
    await expect(folders.collect(host, { write: () => undefined })).rejects.toThrow('floor.yaml allows it');
  });
});

describe('targets.mayCall and targets.never', () => {
  const host = () => under('targets:\n  mayCall: ["127.0.0.1:*"]\n  never: ["*:81"]');

  it('bound what is asked by HTTP', async () => {
    asked.length = 0;
    const limits = { timeoutMs: 1, maxBytes: 1 };
    expect(await host().http?.('http://127.0.0.1/status', limits)).toMatchObject({ status: 200 });
    await expect(host().http?.('http://127.0.0.1:81/status', limits)).rejects.toThrow('under targets.mayCall');
    await expect(host().http?.('http://[::1]:8080/status', limits)).rejects.toThrow('[::1]:8080');
    expect(asked).toEqual(['http://127.0.0.1/status']);
  });

  it('bound devices that are asked by SNMP, and targets of probes', async () => {
    const read = (collector: Collector) => collector.collect(host(), { write: () => undefined });
    const device = { name: 'sw-1', address: '10.0.0.9', version: '3', user: 'u' };
    await expect(read(snmpCollector.create({ targets: [device] }))).rejects.toThrow('10.0.0.9:161: the floor');
    const port = probesCollector.create({ tcp: [{ address: '10.0.0.9', port: 22 }] });
    await expect(read(port)).rejects.toThrow('10.0.0.9:22: the floor');
    await expect(read(probesCollector.create({ icmp: ['10.0.0.9'] }))).rejects.toThrow('10.0.0.9: the floor');
  });

  it('bound databases, and paths.mayRead the files of their passwords', async () => {
    const target = { user: 'u', database: 'd', host: '10.0.0.9' };
    const read = (machine: Host, of: object) =>
      postgresqlCollector.create({ instances: [{ ...target, ...of }] }).collect(machine, { write: () => undefined });
    await expect(read(host(), {})).rejects.toThrow('10.0.0.9:5432: the floor of this host bars it');
    const passwordFile = at('closed', 'b.log');
    const noPaths = under(`paths:\n  never: ["${folder}/closed/**"]`);
    await expect(read(noPaths, { host: '127.0.0.1', passwordFile })).rejects.toThrow('under paths.mayRead');
    const mysql = mysqlCollector.create({ instances: [{ socket: '/run/mysqld/mysqld.sock', user: 'u' }] });
    await expect(mysql.collect(host(), { write: () => undefined })).rejects.toThrow(
      '/run/mysqld/mysqld.sock: the floor',
    );
  });
});

const liveFloor = () => new LiveFloor(() => readFloor(at('floor.yaml'), me));

it('questions.mayAsk and questions.never bound what is answered', () => {
  writeFileSync(at('floor.yaml'), 'questions:\n  mayAsk: [window, trace]\n  never: [trace]');
  const floor = liveFloor();
  expect(['window', 'trace', 'threads'].map((verb) => floor.mayAsk(verb))).toEqual([true, false, false]);
});

it('is in force as soon as it is edited, and closes everything once it is broken', async () => {
  const floor = liveFloor();
  const host = withinFloor({ ...createHost(), http }, () => floor.floor);
  const gate = new Gate({ floor: floor.floor, pseudonymKey: new Uint8Array(32), refusals: new Refusals() });
  gate.setGeneralLogSources(['/g']);
  const edit = (text: string) => {
    writeFileSync(at('floor.yaml'), text);
    const isOther = floor.look();
    gate.setFloor(floor.floor);
    return isOther;
  };
  const mayNow = () => [
    host.mayRead(at('open', 'a.log')),
    host.mayCall('127.0.0.1:80'),
    floor.mayAsk('window'),
    gate.classOf('/g') === 'general',
  ];
  expect(mayNow()).toEqual([true, true, true, true]);
  expect(floor.look()).toBe(false);
  expect(edit(`paths:\n  never: ["${folder}/open/**"]\nlogs:\n  alwaysPrivate: ["/g"]`)).toBe(true);
  expect(mayNow()).toEqual([false, true, true, false]);
  expect(edit('targets: [')).toBe(true);
  expect(mayNow()).toEqual([false, false, false, false]);
  expect(floorText(floor.inForce)).toMatch(/cannot be used/);
  rmSync(at('floor.yaml'));
  expect(edit('# all is open')).toBe(true);
  expect(mayNow()).toEqual([true, true, true, true]);
});

function scopeOf() {
  return { entity: 'service:x', processes: { pidFile: '/nowhere.pid' } };
}
