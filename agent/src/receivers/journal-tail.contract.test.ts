import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost } from '../collectors/host.ts';
import { Refusals } from '../refusals.ts';
import { createJournalTail, journalApplies, journalConfig } from './journal-tail.ts';
import type { LogLine } from './log-line.ts';

/** Writes real journal files without a running journald. */
const writer = ['/lib/systemd/systemd-journal-remote', '/usr/lib/systemd/systemd-journal-remote'].find(existsSync);
const canRun = writer !== undefined && existsSync('/usr/bin/journalctl');
if (!canRun)
  console.warn('SKIPPED: systemd-journal-remote or journalctl is not installed, so the journal was not tested');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let clock = 1_795_379_241_000_000;
function write(...entries: Record<string, string>[]): void {
  const text = entries
    .map((entry) => {
      clock += 1_000_000;
      const fields = Object.entries({ __REALTIME_TIMESTAMP: String(clock), ...entry });
      return `${fields.map(([key, value]) => `${key}=${value}`).join('\n')}\n\n`;
    })
    .join('');
  execFileSync(writer ?? '', ['-o', join(folder, 'test.journal'), '-'], { input: text, stdio: 'pipe' });
}

function open(positions: Map<string, string>) {
  const lines: LogLine[] = [];
  const refusals = new Refusals();
  let isFull = false;
  let isBarred = false;
  const tail = createJournalTail(journalConfig.parse({ directory: folder }), {
    sink: { accept: (line) => !isFull && lines.push(line) > 0 },
    positions: { load: (source) => positions.get(source) ?? null, save: (source, at) => positions.set(source, at) },
    refusals,
    nowMs: Date.now,
    machineId: null,
    mayRead: () => !isBarred,
  });
  return {
    lines,
    refusals,
    setBarred: (barred: boolean) => {
      isBarred = barred;
    },
    setFull: (full: boolean) => {
      isFull = full;
    },
    texts: async (count: number) => {
      await expect
        .poll(
          () => {
            tail.poll();
            return lines.length;
          },
          { timeout: 20_000 },
        )
        .toBe(count);
      return lines.map((line) => line.text);
    },
    poll: () => tail.poll(),
    [Symbol.asyncDispose]: () => tail[Symbol.asyncDispose](),
  };
}

describe.skipIf(!canRun)('journal tail', () => {
  const firstCursor = (): string => {
    const text = execFileSync('journalctl', ['-D', folder, '-o', 'json', '--merge', '-q', '--no-pager'], {
      encoding: 'utf8',
    });
    const entry: { __CURSOR: string } = JSON.parse(text.split('\n')[0] ?? '');
    return entry.__CURSOR;
  };

  it('goes on behind the cursor, and gives unit, time and severity', async () => {
    write(
      { MESSAGE: 'before' },
      { MESSAGE: 'second', _SYSTEMD_UNIT: 'nginx.service', PRIORITY: '3' },
      { MESSAGE: '한글 메시지', SYSLOG_IDENTIFIER: 'session-1234', PRIORITY: '6' },
    );
    const positions = new Map([['journal', firstCursor()]]);
    {
      await using tail = open(positions);
      expect(await tail.texts(2)).toEqual(['second', '한글 메시지']);
      expect(tail.lines[0]).toMatchObject({ source: 'journal:nginx.service', severity: 17 });
      expect(tail.lines[1]).toMatchObject({ source: 'journal:session-#', severity: 9 });
      expect(new Date(tail.lines[0]?.timeUnixMs ?? 0).getUTCFullYear()).toBe(2026);
    }
    write({ MESSAGE: 'while away' });
    await using again = open(positions);
    expect(await again.texts(1)).toEqual(['while away']);
    write({ MESSAGE: 'live' });
    expect(await again.texts(2)).toEqual(['while away', 'live']);
  });

  it('reads nothing while the floor bars it, and goes on where it was when it no longer does', async () => {
    write({ MESSAGE: 'first' }, { MESSAGE: 'second' });
    await using tail = open(new Map([['journal', firstCursor()]]));
    expect(await tail.texts(1)).toEqual(['second']);
    tail.setBarred(true);
    tail.poll();
    write({ MESSAGE: 'barred' });
    for (let i = 0; i < 5; i++) {
      tail.poll();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(tail.lines).toHaveLength(1);
    expect(tail.refusals.snapshot()).toEqual({ 'barred-by-floor': 1 });
    tail.setBarred(false);
    expect(await tail.texts(2)).toEqual(['second', 'barred']);
  });

  it('offers entries again while the sink is full', async () => {
    write({ MESSAGE: 'first' }, { MESSAGE: 'second' });
    const positions = new Map([['journal', firstCursor()]]);
    await using tail = open(positions);
    tail.setFull(true);
    for (let i = 0; i < 5; i++) {
      tail.poll();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(positions.get('journal')).toBe(firstCursor());
    tail.setFull(false);
    expect(await tail.texts(1)).toEqual(['second']);
  });
});

it('does not apply where no journald runs, or where it is switched off', async () => {
  const host = { ...createHost(), list: async () => [] };
  expect(await journalApplies(host, journalConfig.parse({}))).toBe(false);
  expect(await journalApplies(host, journalConfig.parse({ mode: 'off', directory: '/x' }))).toBe(false);
});

it('counts a journalctl that cannot be started, and waits longer each time', async () => {
  let nowMs = 0;
  const refusals = new Refusals();
  const tail = createJournalTail(journalConfig.parse({ program: '/no/such/journalctl' }), {
    sink: { accept: () => true },
    positions: { load: () => null, save: () => undefined },
    refusals,
    nowMs: () => nowMs,
    machineId: null,
    mayRead: () => true,
  });
  const ended = async (count: number) =>
    expect
      .poll(() => {
        tail.poll();
        return refusals.snapshot()['journal-ended'] ?? 0;
      })
      .toBe(count);
  await ended(2);
  for (let i = 0; i < 20; i++) tail.poll();
  await ended(2);
  nowMs += 1_000;
  await ended(3);
  await tail[Symbol.asyncDispose]();
});
