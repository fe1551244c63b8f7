import { appendFileSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createUserKey, subjects } from '@airis/protocol';
import { agentConfig } from '../../agent/src/config.ts';
import { startTestNats, type TestNats } from '../../agent/src/link/nats-under-test.ts';
import { type RunningAgent, startAgent } from '../../agent/src/main.ts';
import { becomeSmall } from '../../agent/src/small-process.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { type ChurningHost, createChurningHost } from './churning-host.ts';
import { QuickTime } from './quick-time.ts';

const MiB = 1024 * 1024;
const AGENT = 'week';
const WEEK_HOURS = 168;
const SPOOL_LIMIT = 8 * MiB;
const STORE_LIMIT = 32 * MiB;
/** Journals and reserves of databases stand beside what their limits count. */
const BESIDE = 12 * MiB;
const OTHER_FILES_LIMIT = 2 * MiB;
const SAMPLE_SECONDS = 300;
/** Troubles come again and again with this period. */
const CYCLE_SECONDS = 3_600;
/** Once, so long that the spool must evict. */
const LONG_OUTAGE = { fromHour: 20, hours: 10 } as const;
/** Growth of live memory and of resident pages from the second quarter of the run to its last. */
const HEAP_GROWTH_LIMIT = 8 * MiB;
const RSS_GROWTH_LIMIT = 20 * MiB;

interface Sample {
  readonly hour: number;
  /** After a collection of garbage: what is really held. */
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly spoolBytes: number;
  readonly storeBytes: number;
  readonly otherBytes: number;
  readonly series: number;
}

/**
 * The whole agent, its store and its link on a made machine, at one reading a second of a time that runs as fast as the
 * work does: process storms, log bursts, a broker that is killed, a hub that is silent, clocks that are set, interfaces
 * that come and go. Memory must stay flat and files within their caps.
 *
 * @param words - hours of simulated time (168)
 */
export async function runAgentWeek([hours = String(WEEK_HOURS)]: readonly string[]): Promise<boolean> {
  // As the agent runs on hosts.
  becomeSmall();
  const seconds = Math.round(Number(hours) * 3_600);
  await using folder = await tempFolder('agent-week');
  await using nats = await startTestNats({ maxBytes: 1e9 });
  const logFile = join(folder.path, 'app.log');
  const directory = join(folder.path, 'agent');
  mkdirSync(directory);
  writeFileSync(logFile, '');

  using time = new QuickTime(1);
  const hub = answerAsHub(nats);
  const churn = createChurningHost(Date.now);
  const problems = new Map<string, number>();
  const agent = await startAgent({
    directory,
    config: agentConfig.parse({
      spool: { limitBytes: SPOOL_LIMIT },
      localStore: { limitBytes: STORE_LIMIT },
      receivers: { files: { files: [{ path: logFile }] }, journal: { mode: 'off' } },
    }),
    identity: identityFor(nats),
    model: { folder: join(import.meta.dirname, '../../models/zoo/host-autoencoder'), workerEntry: undefined },
    host: churn.host,
    log: logInto(problems),
  });
  const samples: Sample[] = [];
  const startedMs = time.realMs();
  let isUp = true;
  try {
    for (let second = 0; second < seconds; second++) {
      const wanted = brokerRuns(second);
      if (wanted !== isUp) {
        await time.until(wanted ? nats.restart() : nats.kill());
        isUp = wanted;
      }
      trouble(second, { churn, time, hub, logFile });
      churn.tick();
      await time.advance(1_000);
      if (isUp) await hub.answer(time);
      if ((second + 1) % SAMPLE_SECONDS !== 0) continue;
      samples.push(sampleOf(second + 1, directory, agent));
      if ((second + 1) % 3_600 !== 0) continue;
      if (isUp) await time.until(nats.purge());
      say({ ...samples.at(-1), realSeconds: Math.round((time.realMs() - startedMs) / 1_000) });
    }
    // What waits goes out, and the hub says so.
    for (let second = 0; second < 300; second++) {
      churn.tick();
      await time.advance(1_000);
      await hub.answer(time);
    }
    const { health, link } = agent.status();
    say({
      link,
      spool: health.spool,
      refused: health.refusedByReason,
      detection: health.detection,
      problems: Object.fromEntries(problems),
    });
    const complaints = [
      ...judge(samples),
      ...(link.state === 'connected' ? [] : [`the link is ${link.state} in the end`]),
      ...health.collectors.filter(({ ok }) => !ok).map(({ name, error }) => `${name} fails in the end: ${error}`),
      ...(problems.has('STEP_FAILED') ? ['steps failed'] : []),
    ];
    for (const complaint of complaints) say({ complaint });
    return complaints.length === 0;
  } finally {
    if (!isUp) await time.until(nats.restart());
    await time.until(agent[Symbol.asyncDispose]());
  }
}

const say = (words: object): void => void process.stdout.write(`${JSON.stringify(words)}\n`);

function brokerRuns(second: number): boolean {
  const hour = second / 3_600;
  if (hour >= LONG_OUTAGE.fromHour && hour < LONG_OUTAGE.fromHour + LONG_OUTAGE.hours) return false;
  const at = second % CYCLE_SECONDS;
  return at < 1_050 || at >= 1_650;
}

interface Scene {
  readonly churn: ChurningHost;
  readonly time: QuickTime;
  readonly hub: HubStandIn;
  readonly logFile: string;
}

/** What happens in a second of the cycle. */
function trouble(second: number, { churn, time, hub, logFile }: Scene): void {
  const cycle = Math.floor(second / CYCLE_SECONDS);
  const at = second % CYCLE_SECONDS;
  if (at >= 300 && at < 330) churn.storm(200);
  if (at >= 450 && at < 460) writeLines(logFile, 5_000, second);
  else if (second % 5 === 0) writeLines(logFile, 3, second);
  if (at === 600) {
    renameSync(logFile, `${logFile}.1`);
    writeFileSync(logFile, '');
  }
  if (at === 750) churn.interfaces.delete('eth1');
  if (at === 780) churn.interfaces.add(`tun${cycle}`);
  if (at === 900) churn.interfaces.add('eth1');
  if (at === 2_950) churn.interfaces.delete(`tun${cycle}`);
  if (at === 1_800) time.setWallClock(3_600_000);
  if (at === 2_100) time.setWallClock(-30_000);
  if (at === 2_400) time.setWallClock(-3_570_000);
  if (at === 2_700) hub.isSilent = true;
  if (at === 2_850) hub.isSilent = false;
}

function writeLines(path: string, count: number, second: number): void {
  const lines = Array.from({ length: count }, (_, at) => {
    const kind = (second + at) % 40;
    const level = kind === 0 ? 'ERROR' : 'INFO';
    return `2026-11-23 10:00:00 ${level} worker-${at % 9} step ${kind} of order ${second * 7 + at} took ${at % 300} ms for user${at}@shop.example\n`;
  });
  appendFileSync(path, lines.join(''));
}

function identityFor(nats: TestNats) {
  const { seed } = createUserKey();
  const shared = { jwt: '', caPem: null, certificatePem: null, roots: [], hubUrl: 'http://127.0.0.1' };
  return { agent: AGENT, seed, natsUrls: [nats.url], enrolledAtUnixMs: Date.now(), ...shared };
}

function logInto(problems: Map<string, number>) {
  const count = (code: string) => void problems.set(code, (problems.get(code) ?? 0) + 1);
  return { info: () => undefined, warn: count, error: count };
}

interface HubStandIn {
  /** Takes everything and gives no receipts. */
  isSilent: boolean;
  answer(time: QuickTime): Promise<void>;
}

function answerAsHub(nats: TestNats): HubStandIn {
  const newest = new Map<string, { epoch: string; upTo: number }>();
  const receipts = () => Array.from(newest, ([name, { epoch, upTo }]) => ({ epoch, class: name, upTo }));
  const hub: HubStandIn = {
    isSilent: false,
    async answer(time) {
      const flushed = Promise.resolve(nats.hub.flush());
      flushed.catch(() => undefined); // while it comes back
      await Promise.race([flushed, time.realPause(50)]);
      if (hub.isSilent) return;
      for (const receipt of receipts()) nats.hub.publish(subjects.receipt(AGENT), JSON.stringify(receipt));
    },
  };
  nats.hub.subscribe(subjects.watermark(AGENT), {
    callback: (_, message) => void (hub.isSilent || message.respond(JSON.stringify({ receipts: receipts() }))),
  });
  nats.hub.subscribe(`airis.*.${AGENT}.*`, {
    callback: (_, message) => {
      const [, epoch, name, seq] = (message.headers?.get('Nats-Msg-Id') ?? '').split('.');
      if (epoch !== undefined && name !== undefined) newest.set(name, { epoch, upTo: Number(seq) });
    },
  });
  return hub;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function sampleOf(second: number, directory: string, agent: RunningAgent): Sample {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const sizes = { spool: 0, local: 0, other: 0 };
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const part = path.includes('/spool.sqlite') ? 'spool' : /\/local(?:\.sqlite|\/)/.test(path) ? 'local' : 'other';
    sizes[part] += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return {
    hour: Math.round(second / 36) / 100,
    heapBytes: heapUsed + external,
    rssBytes: rss,
    spoolBytes: sizes.spool,
    storeBytes: sizes.local,
    otherBytes: sizes.other,
    series: agent.status().health.self.series,
  };
}

function judge(samples: readonly Sample[]): string[] {
  const quarter = Math.floor(samples.length / 4);
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  const most = (some: readonly Sample[], of: (sample: Sample) => number) => Math.max(...some.map(of));
  const grew = (of: (sample: Sample) => number) => most(late, of) - most(early, of);
  const megabytes = (bytes: number) => `${(bytes / MiB).toFixed(1)} MiB`;
  const heap = grew(({ heapBytes }) => heapBytes);
  const rss = grew(({ rssBytes }) => rssBytes);
  const spool = most(samples, ({ spoolBytes }) => spoolBytes);
  const store = most(samples, ({ storeBytes }) => storeBytes);
  const other = most(samples, ({ otherBytes }) => otherBytes);
  say({
    grewHeap: megabytes(heap),
    grewRss: megabytes(rss),
    spool: megabytes(spool),
    store: megabytes(store),
    other: megabytes(other),
  });
  return [
    ...(heap > HEAP_GROWTH_LIMIT ? [`live memory grew by ${megabytes(heap)}`] : []),
    ...(rss > RSS_GROWTH_LIMIT ? [`resident memory grew by ${megabytes(rss)}`] : []),
    ...(spool > SPOOL_LIMIT + BESIDE ? [`the spool's files took ${megabytes(spool)}`] : []),
    ...(store > STORE_LIMIT + BESIDE ? [`the local store's files took ${megabytes(store)}`] : []),
    ...(other > OTHER_FILES_LIMIT ? [`other files took ${megabytes(other)}`] : []),
  ];
}
