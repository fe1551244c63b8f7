import { Agent, request } from 'node:http';
import { hourAt, loadAt } from './office-day.ts';

/** Users of the shop: requests come when they come (open loop), whatever becomes of those before. One word: the shop's URL. */
const url = new URL(process.argv[2] ?? '');
/** People give up; nothing piles up here. */
const MAX_IN_FLIGHT = 200;
const GIVE_UP_MS = 15_000;
const REPORT_EVERY_MS = 1_000;

const agent = new Agent({ keepAlive: true, maxSockets: MAX_IN_FLIGHT });
const startedAt = performance.now();
let inFlight = 0;
let sent = 0;

process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());

setInterval(() => {
  process.send?.({ requestsPerSecond: sent / (REPORT_EVERY_MS / 1_000), phase: loadNow().phase });
  sent = 0;
}, REPORT_EVERY_MS);
next();

function loadNow() {
  return loadAt(hourAt(performance.now() - startedAt));
}

/** The times between requests are those of many who do not know of each other. */
function next(): void {
  const waitMs = (-Math.log(1 - Math.random()) * 1_000) / loadNow().requestsPerSecond;
  setTimeout(
    () => {
      if (inFlight < MAX_IN_FLIGHT) visit();
      next();
    },
    Math.min(2_000, waitMs),
  );
}

function visit(): void {
  const [method, path] = choose();
  inFlight++;
  sent++;
  let isOver = false;
  const over = (): void => {
    if (!isOver) inFlight--;
    isOver = true;
  };
  const visitor = request(
    { host: url.hostname, port: url.port, method, path, agent, timeout: GIVE_UP_MS },
    (answer) => {
      answer.resume();
      answer.on('close', over);
    },
  );
  visitor.on('timeout', () => visitor.destroy());
  visitor.on('error', over);
  visitor.on('close', over);
  visitor.end();
}

function choose(): readonly [method: string, path: string] {
  const dice = Math.random();
  if (dice < 0.3) return ['GET', '/'];
  if (dice < 0.7) return ['GET', `/items/${pick(200)}`];
  if (dice < 0.85) return ['GET', `/orders/${pick(2_000)}`];
  return ['POST', '/orders'];
}

function pick(most: number): number {
  return 1 + Math.floor(Math.random() * most);
}
