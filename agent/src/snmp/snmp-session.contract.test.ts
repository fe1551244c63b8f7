import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { compareOids, openSnmp } from './snmp-session.ts';
import { snmpTarget } from './snmp-target.ts';

/** BER: tag, length, content. */
const ber = (tag: number, ...content: readonly (Buffer | number)[]): Buffer => {
  const body = Buffer.concat(content.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const oid = (text: string): Buffer => {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return ber(
    0x06,
    40 * first + second,
    ...rest.map((part) => Buffer.from(part < 128 ? [part] : [0x80 | (part >> 7), part & 127])),
  );
};
const integer = (value: number): Buffer => ber(0x02, value);

/** What an answer to this request (version 2c, short lengths) is made of, with the request's own id. */
function answer(request: Buffer, varbinds: readonly Buffer[]): Buffer {
  const community = request.subarray(5, 5 + 2 + request[6]!);
  const pdu = request.subarray(5 + community.length);
  const id = pdu.subarray(2, 2 + 2 + pdu[3]!);
  const list = ber(0x30, ...varbinds);
  return ber(0x30, integer(1), community, ber(0xa2, id, integer(0), integer(0), list));
}

/** A device that answers as told, in place of a real one: no real one misbehaves like this. */
async function standIn(reply: (request: Buffer) => Buffer | null) {
  const socket = createSocket('udp4');
  let asked = 0;
  socket.on('message', (request, { port, address }) => {
    asked++;
    const bytes = reply(request);
    if (bytes !== null) socket.send(bytes, port, address);
  });
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  const { port } = socket.address();
  const target = snmpTarget.parse({
    name: 'x',
    address: '127.0.0.1',
    port,
    version: '2c',
    communityFile: 'c',
    timeoutMs: 100,
  });
  const session = await openSnmp(target, { community: 'public' });
  return {
    session,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      session[Symbol.dispose]();
      await new Promise<void>((done) => socket.close(() => done()));
    },
  };
}

const COLUMN = '1.3.6.1.2.1.2.2.1.2';
const row = (index: string, value: Buffer) => ber(0x30, oid(`${COLUMN}.${index}`), value);
const text = (value: string) => ber(0x04, Buffer.from(value));

describe('openSnmp', () => {
  it('ends a walk whose rows go round', async () => {
    await using device = await standIn((request) =>
      answer(request, [row('1', text('a')), row('2', text('b')), row('1', text('a'))]),
    );
    await expect(device.session.column(COLUMN, 1_000)).rejects.toMatchObject({ failure: 'loop' });
    expect(device.asked()).toBe(1);
  });

  it('ends a walk that repeats one row for ever', async () => {
    await using device = await standIn((request) => answer(request, [row('7', text('a'))]));
    await expect(device.session.column(COLUMN, 1_000)).rejects.toMatchObject({ failure: 'loop' });
    expect(device.asked()).toBe(2);
  });

  it('takes no more rows than it was asked to, of a table without end', async () => {
    let next = 0;
    await using device = await standIn((request) => {
      const rows = Array.from({ length: 10 }, () => row(String(++next), integer(1)));
      return answer(request, rows);
    });
    expect(await device.session.column(COLUMN, 25)).toHaveLength(25);
  });

  it.each([
    { name: 'random bytes', bytes: Buffer.from('e3b0c44298fc1c149afbf4c8996fb924', 'hex') },
    { name: 'nothing', bytes: Buffer.alloc(0) },
    { name: 'a length beyond its end', bytes: Buffer.from('30820fff020101', 'hex') },
    { name: 'text', bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') },
  ])('calls $name garbage or no answer, and stays usable', async ({ bytes }) => {
    let isBroken = true;
    await using device = await standIn((request) => (isBroken ? bytes : answer(request, [row('1', text('ok'))])));
    await expect(device.session.get([`${COLUMN}.1`])).rejects.toMatchObject({ name: 'SnmpError' });
    isBroken = false;
    expect(await device.session.get([`${COLUMN}.1`])).toEqual([Buffer.from('ok')]);
  });

  it('survives every answer cut short and every byte of it changed', async () => {
    let mutate = (bytes: Buffer): Buffer => bytes;
    await using device = await standIn((request) => mutate(answer(request, [row('1', text('ok'))])));
    const { length } = answer(
      Buffer.from('302902010104067075626c6963a01c02047f000001020100020100300e300c06082b060102010105000500', 'hex'),
      [row('1', text('ok'))],
    );
    const asked: Promise<unknown>[] = [];
    for (let at = 0; at < length; at += 3) {
      mutate = (bytes) =>
        at % 2 === 0 ? bytes.subarray(0, at) : Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ 0xff : byte)));
      asked.push(device.session.get([`${COLUMN}.1`]).catch((error: unknown) => error));
      await asked.at(-1);
    }
    mutate = (bytes) => bytes;
    expect(await device.session.get([`${COLUMN}.1`])).toEqual([Buffer.from('ok')]);
  }, 20_000);

  it('gives 64-bit counters as numbers and octets as bytes', async () => {
    await using device = await standIn((request) =>
      answer(request, [ber(0x30, oid(`${COLUMN}.1`), ber(0x46, Buffer.from('00ffffffffff', 'hex')))]),
    );
    expect(await device.session.get([`${COLUMN}.1`])).toEqual([0xff_ff_ff_ff_ff]);
  });
});

it('orders object identifiers by their numbers', () => {
  expect(['1.3.10', '1.3.2', '1.3', '1.3.2.1'].sort(compareOids)).toEqual(['1.3', '1.3.2', '1.3.2.1', '1.3.10']);
});
