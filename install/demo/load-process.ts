import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { withParentDeathSignal } from '../../hub/src/supervise-parent-death.ts';
import { keepLog } from '../child-log.ts';
import type { ShopReport } from './shop-report.ts';

const program = resolve(import.meta.dirname, 'load/main.ts');
const STOP_WITHIN_MS = 3_000;

export interface RunningLoad extends AsyncDisposable {
  now(): ShopReport['load'];
}

/** The shop's users, in a process of their own. Killed by hand, they come back. */
export function startLoad(url: string, logFolder: string, say: (text: string) => void): RunningLoad {
  let latest: ShopReport['load'] = { requestsPerSecond: 0, phase: { ko: '시작', en: 'starting' } };
  let isWanted = true;
  const launch = () => {
    const { command, args } = withParentDeathSignal(process.execPath, ['--conditions=airis-source', program, url]);
    const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true });
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) keepLog('load', stream, join(logFolder, 'load.log'), false);
    // Only the load holds the other end of the channel.
    child.on('message', (report) => {
      latest = report as ShopReport['load'];
    });
    child.on('close', () => {
      latest = { ...latest, requestsPerSecond: 0 };
      if (!isWanted) return;
      say('the load ended; it is started again');
      setTimeout(() => {
        if (isWanted) running = launch();
      }, 2_000).unref();
    });
    return child;
  };
  let running = launch();
  return {
    now: () => latest,
    async [Symbol.asyncDispose]() {
      isWanted = false;
      if (running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise((done) => running.once('close', done));
      running.kill('SIGTERM');
      const insist = setTimeout(() => running.kill('SIGKILL'), STOP_WITHIN_MS);
      await gone;
      clearTimeout(insist);
    },
  };
}
