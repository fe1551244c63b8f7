import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from './log.ts';
import { type SuperviseOptions, superviseChild } from './supervise.ts';
import { endOrphan, isOurs } from './supervise-orphan.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-supervise-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const silent = createLog('error', () => undefined);

/** A child that says `up` and does what the script says. */
function options(script: string, more: Partial<SuperviseOptions> = {}): SuperviseOptions {
  const up = { count: 0 };
  return {
    name: 'child',
    command: process.execPath,
    args: ['-e', `console.log('up'); ${script}`, folder],
    pidFile: join(folder, 'child.pid'),
    mark: folder,
    onLine: (line) => {
      if (line === 'up') up.count++;
    },
    waitUntilReady: async (signal) => {
      const before = up.count;
      while (up.count === before) {
        signal.throwIfAborted();
        await new Promise((next) => setTimeout(next, 10));
      }
    },
    readyTimeoutMs: 5_000,
    stopTimeoutMs: 500,
    log: silent,
    ...more,
  };
}

describe('superviseChild', () => {
  it('starts a child again that was killed, each time with a new pid in the file', async () => {
    await using child = await superviseChild(options('setInterval(() => {}, 1000)'));
    for (let kill = 1; kill <= 2; kill++) {
      const pid = child.pid() ?? 0;
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => child.restarts() === kill && child.isReady(), { timeout: 5_000 }).toBe(true);
      expect(Number(readFileSync(join(folder, 'child.pid'), 'utf8'))).toBe(child.pid());
      expect(child.pid()).not.toBe(pid);
    }
  });

  it('ends a child that ignores SIGTERM, and removes its pid file', async () => {
    let pid = 0;
    {
      await using child = await superviseChild(options(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`));
      pid = child.pid() ?? 0;
    }
    expect(isOurs(pid, folder)).toBe(false);
    expect(existsSync(join(folder, 'child.pid'))).toBe(false);
  });

  it.each([
    {
      name: 'ends',
      script: `console.error('the reason'); process.exit(3)`,
      more: { waitUntilReady: () => new Promise<void>(() => undefined) },
      want: /exit 3.*the reason/,
    },
    {
      name: 'is never ready',
      script: 'setInterval(() => {}, 1000)',
      more: {
        readyTimeoutMs: 300,
        waitUntilReady: (signal: AbortSignal) =>
          new Promise<void>((_ok, late) => signal.addEventListener('abort', () => late(new Error('late')))),
      },
      want: /not ready within 300 ms/,
    },
  ])('rejects where the first start $name', async ({ script, more, want }) => {
    await expect(superviseChild(options(script, more))).rejects.toMatchObject({
      code: 'CHILD_EXITED',
      message: expect.stringMatching(want),
    });
  });

  it('rejects where the command is not there', async () => {
    await expect(superviseChild(options('', { command: join(folder, 'nothing') }))).rejects.toMatchObject({
      code: 'CHILD_EXITED',
    });
  });
});

describe('endOrphan', () => {
  it('ends the process of the pid file, and leaves alone one that only has its number', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'somebody-else']);
    const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', folder]);
    const ended = new Promise((gone) => orphan.once('exit', gone));
    await expect.poll(() => isOurs(orphan.pid ?? 0, folder)).toBe(true);
    writeFileSync(join(folder, 'a.pid'), `${other.pid}\n`);
    await endOrphan(join(folder, 'a.pid'), folder, silent);
    expect(other.exitCode).toBeNull();
    writeFileSync(join(folder, 'b.pid'), `${orphan.pid}\n`);
    await endOrphan(join(folder, 'b.pid'), folder, silent);
    await ended;
    expect(existsSync(join(folder, 'b.pid'))).toBe(false);
    await endOrphan(join(folder, 'missing.pid'), folder, silent);
    other.kill('SIGKILL');
  });
});
