import { zstdDecompressSync } from 'node:zlib';
import type { AnswerChunk } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { canaries, carried } from '../gate/canaries-under-test.ts';
import { Gate } from '../gate/gate.ts';
import { openFloor } from '../gate/log-rules.ts';
import { silentLog } from '../log.ts';
import { Refusals } from '../refusals.ts';
import { Asks } from './asks.ts';
import type { ThreadSource } from './threads-answer.ts';

const nothing = { frames: () => [].values() };
const none = { window: () => [].values(), recent: () => [].values() };

function startAsks(threads: ThreadSource, mayAsk = true) {
  let nowMs = 1_000_000;
  const refusals = new Refusals();
  const gate = new Gate({ floor: openFloor, pseudonymKey: new Uint8Array(32), refusals });
  const held = {
    localStore: none,
    metricPath: none,
    segments: nothing,
    lines: nothing,
    spans: nothing,
    recordings: nothing,
  };
  const asks = new Asks({
    held: { ...held, threads, gate, nowMs: () => nowMs },
    mayAsk: () => mayAsk,
    refusals,
    log: silentLog,
  });
  return {
    pass: (ms: number) => (nowMs += ms),
    async ask(more: object = {}) {
      const chunks: AnswerChunk[] = [];
      const wanted = { request: 'request-1', deadlineUnixMs: nowMs + 5_000, maxBytes: 1_000_000, ...more };
      await asks.take({
        verb: 'threads',
        payload: Buffer.from(JSON.stringify(wanted)),
        answer: (_, chunk) => chunks.push(JSON.parse(Buffer.from(chunk).toString())) > 0,
      });
      const text = chunks
        .map(({ body }) => (body === '' ? '' : zstdDecompressSync(Buffer.from(body, 'base64')).toString()))
        .join('');
      return { text, error: chunks.at(-1)?.error?.code ?? null, isLast: chunks.at(-1)?.last };
    },
  };
}

const machines = [
  { pid: 10, main: 'com.shop.Main' },
  { pid: 11, main: 'batch.jar' },
];
const dump = async (pid: number) =>
  `"main" #1 of ${pid}\n   java.lang.Thread.State: RUNNABLE\n\tat com.shop.Pay.run(Pay.java:42)`;

describe('threads', () => {
  it('are told as the virtual machine prints them, of one or of all', async () => {
    const asks = startAsks({ machines: () => machines, dump });
    const all = await asks.ask();
    expect(all).toMatchObject({ error: null, isLast: true });
    expect(all.text).toContain(
      'pid 10 com.shop.Main\n"main" #1 of 10\n   java.lang.Thread.State: RUNNABLE\n\tat com.shop.Pay.run(Pay.java:42)',
    );
    expect(all.text).toContain('pid 11 batch.jar');
    asks.pass(10_000);
    expect((await asks.ask({ pid: 11 })).text).not.toContain('pid 10');
  });

  it('are not taken again within ten seconds, nor of what is not watched, nor where the floor bars it', async () => {
    const asks = startAsks({ machines: () => machines, dump });
    await asks.ask();
    asks.pass(9_000);
    expect(await asks.ask()).toMatchObject({ error: 'busy' });
    asks.pass(1_000);
    expect(await asks.ask({ pid: 1 })).toMatchObject({ error: 'no-jvm' });
    expect(await startAsks({ machines: () => machines, dump }, false).ask()).toMatchObject({ error: 'not-allowed' });
  });

  it('of a virtual machine that does not answer are a refusal', async () => {
    const broken = async () => {
      throw new Error('gone');
    };
    expect(await startAsks({ machines: () => machines, dump: broken }).ask()).toMatchObject({
      error: 'failed',
      text: '',
    });
  });

  it('that are more than was asked for are refused', async () => {
    const much = async () => Array.from({ length: 50_000 }, (_, i) => `thread ${Math.sin(i)}`).join('\n');
    expect(await startAsks({ machines: () => machines, dump: much }).ask({ maxBytes: 1_000 })).toMatchObject({
      error: 'too-large',
    });
  });

  it.each(Object.entries(canaries))('lose their %s on the way', async (kind, value) => {
    const asks = startAsks({
      machines: () => machines,
      dump: async () => `"worker for ${carried(kind, value)}" #7 daemon`,
    });
    expect((await asks.ask()).text).not.toContain(value);
  });
});
