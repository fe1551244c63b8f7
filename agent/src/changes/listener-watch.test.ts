import { describe, expect, it } from 'vitest';
import { createHost, type Host } from '../collectors/host.ts';
import { createListenerWatch, type ListenerWatch, listenerWatchConfig } from './listener-watch.ts';

const hexPort = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
const row = (address: string, port: number) =>
  `   0: ${address}:${hexPort(port)} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${port + 100_000} 1 0000000000000000 100 0 0 10 0`;
const table = (ports: readonly (readonly [address: string, port: number])[]) =>
  ['  sl  local_address rem_address   st', ...ports.map(([address, port]) => row(address, port)), ''].join('\n');

const ANY = '00000000';
const LOOPBACK = '0100007F';

class Machine {
  ports: (readonly [string, number])[] = [[ANY, 22]];
  readonly saved = new Map<string, string>();
  #ids = 0;

  watch(ignorePorts: readonly number[] = []): ListenerWatch {
    const host: Host = {
      ...createHost('/no/such/root', () => 5_000),
      tryReadText: async (path) => (path === '/proc/net/tcp' ? table(this.ports) : null),
      list: async (path) => (path === '/proc' ? ['7'] : path === '/proc/7/fd' ? ['3'] : []),
      readInto: (_path, buffer) =>
        Buffer.from(buffer.buffer, buffer.byteOffset).write(`7 (na\u001bme) S 1 ${'0 '.repeat(48)}`),
      readLink: () => 'socket:[109999]',
    };
    return createListenerWatch({
      host,
      config: listenerWatchConfig.parse({ ignorePorts }),
      entity: 'host:web-1',
      newId: () => `test-${String(this.#ids++).padStart(8, '0')}`,
      memory: { load: (key) => this.saved.get(key) ?? null, save: (key, text) => void this.saved.set(key, text) },
    });
  }
}

const said = async (watch: ListenerWatch) => (await watch.poll()).map(({ summary }) => summary.en);

describe('the watch of listening ports', () => {
  it('tells a port that stays, with its process, once', async () => {
    const machine = new Machine();
    const watch = machine.watch();
    expect(await said(watch)).toEqual([]);
    machine.ports.push([ANY, 9_999]);
    expect(await said(watch)).toEqual([]);
    const [change] = await watch.poll();
    expect(change).toMatchObject({
      kind: 'listener-opened',
      entity: 'host:web-1',
      summary: { en: 'na?me (pid 7) opened TCP port 9999', ko: 'na?me(pid 7)가 TCP 포트 9999를 열었습니다' },
      attributes: { 'server.port': '9999', 'process.executable.name': 'na?me' },
    });
    expect(await said(watch)).toEqual([]);
  });

  it('passes over what only passes, ignored ports and ephemeral ones on loopback', async () => {
    const machine = new Machine();
    const watch = machine.watch([8_080]);
    await watch.poll();
    machine.ports = [
      [ANY, 22],
      [ANY, 8_080],
      [LOOPBACK, 40_000],
      [ANY, 7_000],
    ];
    expect(await said(watch)).toEqual([]);
    machine.ports = machine.ports.filter(([, port]) => port !== 7_000);
    expect(await said(watch)).toEqual([]);
    expect(await said(watch)).toEqual([]);
  });

  it('remembers across restarts, and learns anew from a torn memory', async () => {
    const machine = new Machine();
    await machine.watch().poll();
    machine.ports.push([LOOPBACK, 3_306]);
    const next = machine.watch();
    await next.poll();
    expect(await said(next)).toEqual(['A program opened TCP port 3306 (loopback only)']);
    machine.saved.set('listeners', '{');
    machine.ports.push([ANY, 4_444]);
    const torn = machine.watch();
    expect(await said(torn)).toEqual([]);
    expect(await said(torn)).toEqual([]);
  });

  it('bounds what it tells at once', async () => {
    const machine = new Machine();
    const watch = machine.watch();
    await watch.poll();
    for (let port = 1_000; port < 1_050; port++) machine.ports.push([ANY, port]);
    await watch.poll();
    const told = await said(watch);
    expect(told).toHaveLength(9);
    expect(told.at(-1)).toBe('42 more TCP ports were opened');
  });
});
