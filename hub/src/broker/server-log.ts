import type { Log } from '../log.ts';

const linePattern = /^\[\d+\] \S+ \S+ \[(TRC|DBG|INF|WRN|ERR|FTL)\] (.*)$/;

/** What a client did wrong concerns that client: a revoked agent that knocks again is no failure of the server. */
const aboutClient = /^\S+ - (?:cid|lid|wid):\d+ - /;

/** Hands one line of nats-server's log to ours. What it only tells is `debug`; what it warns about keeps its weight. */
export function logServerLine(log: Log, line: string): void {
  const match = linePattern.exec(line);
  const level = match?.[1] ?? 'INF';
  const message = match?.[2] ?? line;
  if (level === 'ERR' && aboutClient.test(message)) log.warn('NATS_CLIENT', message);
  else if (level === 'ERR' || level === 'FTL') log.error('NATS_SERVER', message);
  else if (level === 'WRN') log.warn('NATS_SERVER', message);
  else log.debug('NATS_SERVER', message);
}
