import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerChunk, createUserKey, EVENT_STREAM, subjects } from '@airis/protocol';
import { jetstream } from '@nats-io/jetstream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agentConfig } from './config.ts';
import { readFloor } from './gate/floor-file.ts';
import { startTestNats } from './link/nats-under-test.ts';
import { startAgent } from './main.ts';

const agent = 'floor-1';
const slow = { timeout: 30_000, interval: 200 };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-floor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('what floor.yaml says is in force within seconds of being written, and told', async () => {
  await using nats = await startTestNats();
  const floorFile = join(folder, 'floor.yaml');
  const directory = join(folder, 'agent');
  mkdirSync(directory);
  const shared = { jwt: '', caPem: null, certificatePem: null, roots: [], hubUrl: 'http://127.0.0.1' };
  await using running = await startAgent({
    directory,
    config: agentConfig.parse({ model: { enabled: false }, receivers: { journal: { mode: 'off' } } }),
    identity: { agent, seed: createUserKey().seed, natsUrls: [nats.url], enrolledAtUnixMs: Date.now(), ...shared },
    model: { folder: directory, workerEntry: undefined },
    readFloor: () => readFloor(floorFile, process.getuid?.()),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  nats.hub.subscribe(subjects.watermark(agent), {
    callback: (_, message) => void message.respond(JSON.stringify({ receipts: [] })),
  });
  let asked = 0;
  const whatItSays = async (): Promise<string> => {
    const request = `request-${++asked}-of-floor`;
    const answers = nats.hub.subscribe(subjects.answer(agent, request), { max: 1, timeout: 2_000 });
    const times = { fromUnixMs: Date.now() - 1_000, toUnixMs: Date.now(), deadlineUnixMs: Date.now() + 5_000 };
    const question = { request, maxBytes: 1 << 16, kind: 'log', ...times };
    nats.hub.publish(subjects.ask(agent, 'window'), JSON.stringify(question));
    for await (const message of answers) return answerChunk.parse(message.json()).error?.code ?? 'answered';
    return 'silent';
  };
  await expect.poll(() => whatItSays().catch(() => 'silent'), slow).toBe('answered');

  writeFileSync(floorFile, 'questions:\n  never: [window]\n', { mode: 0o644 });
  await expect.poll(whatItSays, slow).toBe('not-allowed');
  expect(running.status().floor).toContain('bounds this agent');
  rmSync(floorFile);
  await expect.poll(whatItSays, slow).toBe('answered');

  const consumer = await jetstream(nats.hub).consumers.get(EVENT_STREAM);
  const told: string[] = [];
  const changes = async (): Promise<readonly string[]> => {
    for await (const message of await consumer.fetch({ max_messages: 50, expires: 1_000 })) {
      const text = message.string();
      if (text.includes('floor.yaml changed')) told.push(text);
    }
    return told;
  };
  await expect.poll(changes, slow).toHaveLength(2);
});
