import { join, resolve } from 'node:path';
import type { ShopState } from '../../hub/src/demo/schema.ts';
import { createTierProcess } from './tier-process.ts';
import type { TierPlace } from './tiers/tier.ts';

const program = resolve(import.meta.dirname, 'load/main.ts');
/** Users come back sooner than a program that fell. */
const BACK_AFTER_MS = 2_000;

export interface RunningLoad extends AsyncDisposable {
  now(): ShopState['load'];
}

/** The shop's users, in a process of their own. Killed by hand, they come back. */
export async function startLoad({ folder, logFolder, say }: TierPlace, url: string): Promise<RunningLoad> {
  let latest: ShopState['load'] = { requestsPerSecond: 0, phase: { ko: '시작', en: 'starting' } };
  const load = createTierProcess(
    {
      name: 'load',
      command: process.execPath,
      args: ['--conditions=airis-source', program, url],
      pidFile: join(folder, 'load.pid'),
      logFile: join(logFolder, 'load.log'),
      mark: program,
      channel: {
        onMessage: (report) => {
          latest = report as ShopState['load']; // only the load holds the other end
        },
      },
      backAfterMs: BACK_AFTER_MS,
      isReady: async () => true,
    },
    say,
  );
  await load.start();
  return {
    now: () => (load.state() === 'running' ? latest : { ...latest, requestsPerSecond: 0 }),
    [Symbol.asyncDispose]: () => load[Symbol.asyncDispose](),
  };
}
