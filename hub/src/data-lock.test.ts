import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holderOf, lockDataFolder } from './data-lock.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-lock-'));
  file = join(folder, 'data', 'hub.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('lockDataFolder', () => {
  it('refuses a second holder with the pid of the first, and lets go at the end', () => {
    {
      using _lock = lockDataFolder(file);
      expect(holderOf(file)).toBe(process.pid);
      expect(() => lockDataFolder(file)).toThrow(
        expect.objectContaining({ code: 'DATA_DIR_LOCKED', message: expect.stringContaining(`pid ${process.pid}`) }),
      );
    }
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    { name: 'cut short', text: '{"pid": 1' },
    { name: 'empty', text: '' },
    { name: 'of another boot', text: JSON.stringify({ pid: process.pid, startedAtTicks: '1', bootId: 'x' }) },
    { name: 'of a dead process', text: JSON.stringify({ pid: 4_194_303, startedAtTicks: '1', bootId: 'x' }) },
  ])('takes over a lock that is $name', ({ text }) => {
    lockDataFolder(file)[Symbol.dispose]();
    writeFileSync(file, text);
    using _lock = lockDataFolder(file);
    expect(holderOf(file)).toBe(process.pid);
  });

  it('takes over the lock of a process that was killed', async () => {
    const script = `import { lockDataFolder } from '${resolve(import.meta.dirname, 'data-lock.ts')}';
      lockDataFolder(process.argv[1]); console.log('held'); setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, [
      '--conditions=airis-source',
      '--input-type=module-typescript',
      '-e',
      script,
      file,
    ]);
    await new Promise((held) => other.stdout.once('data', held));
    expect(() => lockDataFolder(file)).toThrow(expect.objectContaining({ code: 'DATA_DIR_LOCKED' }));
    other.kill('SIGKILL');
    await new Promise((gone) => other.once('exit', gone));
    using _lock = lockDataFolder(file);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
  });
});
