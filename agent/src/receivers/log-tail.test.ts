import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost } from '../collectors/host.ts';
import { Refusals } from '../refusals.ts';
import type { LogLine } from './log-line.ts';
import { createLogTail, logTailConfig } from './log-tail.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h-receivers-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A tail over the test's folder with a clock that moves 5 s a poll: longer than the grace after a rotation. */
function open(
  options: {
    path?: string;
    maxLineBytes?: number;
    encoding?: string;
    startAt?: string;
    positions?: Map<string, string>;
    stepMs?: number;
  } = {},
) {
  const { path = '*.log', maxLineBytes = 1024, encoding = 'auto', startAt = 'beginning', stepMs = 5_000 } = options;
  const positions = options.positions ?? new Map<string, string>();
  const lines: LogLine[] = [];
  const refusals = new Refusals();
  let nowMs = Date.now();
  let room = Number.POSITIVE_INFINITY;
  const tail = createLogTail({
    host: { ...createHost(), nowMs: () => nowMs },
    config: logTailConfig.parse({
      files: [{ path: join(folder, path), encoding }],
      maxLineBytes,
      startAt,
      rescanEveryMs: 1_000,
    }),
    sink: { accept: (line) => (lines.length < room ? lines.push(line) > 0 : false) },
    positions: { load: (source) => positions.get(source) ?? null, save: (source, at) => positions.set(source, at) },
    refusals,
  });
  return {
    positions,
    refused: () => refusals.snapshot(),
    texts: () => lines.map((line) => line.text),
    lines,
    setRoom: (lineCount: number) => {
      room = lineCount;
    },
    async poll(times = 3) {
      for (let i = 0; i < times; i++) {
        nowMs += stepMs;
        await tail.poll();
      }
    },
    [Symbol.asyncDispose]: () => tail[Symbol.asyncDispose](),
  };
}

const file = (name = 'a.log') => join(folder, name);

describe('log tail', () => {
  it('gives whole lines in order, and a half one when its end has come', async () => {
    await using tail = open();
    writeFileSync(file(), 'one\r\ntwo\nthr');
    await tail.poll();
    expect(tail.texts()).toEqual(['one', 'two']);
    appendFileSync(file(), 'ee\n');
    await tail.poll();
    expect(tail.texts()).toEqual(['one', 'two', 'three']);
    expect(tail.refused()).toEqual({});
  });

  it('begins at the end of files that were there before, and at the start of those that come', async () => {
    await using tail = open({ startAt: 'end' });
    writeFileSync(file('old.log'), 'long ago\n');
    await tail.poll();
    appendFileSync(file('old.log'), 'now\n');
    writeFileSync(file('new.log'), 'first\n');
    await tail.poll();
    expect(tail.texts().sort()).toEqual(['first', 'now']);
  });

  it('waits for a file named outright, and reads all of it when it comes', async () => {
    await using tail = open({ startAt: 'end', path: 'later.log' });
    await tail.poll();
    writeFileSync(file('later.log'), 'first\n');
    await tail.poll();
    expect(tail.texts()).toEqual(['first']);
  });

  it('follows rename and create, also what is written into the old file after the rename', async () => {
    await using tail = open();
    const old = openSync(file(), 'a');
    writeSync(old, 'one\n');
    await tail.poll();
    renameSync(file(), file('a.log.1'));
    writeSync(old, 'two\n');
    await tail.poll(1);
    writeSync(old, 'three without end');
    closeSync(old);
    writeFileSync(file(), 'four\n');
    await tail.poll(4);
    expect(tail.texts()).toEqual(['one', 'two', 'three without end', 'four']);
  });

  it('follows copytruncate, also when the file has outgrown its old length', async () => {
    await using tail = open();
    writeFileSync(file(), 'one\ntwo\n');
    await tail.poll();
    truncateSync(file());
    await tail.poll();
    appendFileSync(file(), 'three\n');
    await tail.poll();
    truncateSync(file());
    appendFileSync(file(), 'four is much longer than everything before it\nfive\n');
    await tail.poll();
    expect(tail.texts()).toEqual(['one', 'two', 'three', 'four is much longer than everything before it', 'five']);
  });

  it('follows rotations that come faster than the old file may be left', async () => {
    await using tail = open({ path: 'a.log', stepMs: 1_000 });
    const wrote: string[] = [];
    for (let rotation = 0; rotation < 8; rotation++) {
      for (const half of ['first', 'second']) {
        wrote.push(`${rotation} ${half}`);
        appendFileSync(file(), `${wrote.at(-1)}\n`);
        await tail.poll(1);
      }
      renameSync(file(), file(`a.log.${rotation}`));
    }
    await tail.poll(40);
    expect(tail.texts()).toEqual(wrote);
  });

  it('follows a link that is led from file to file, also over a restart', async () => {
    const positions = new Map<string, string>();
    const wrote: string[] = [];
    const lead = (name: string) => {
      symlinkSync(file(name), file('new-link'));
      renameSync(file('new-link'), file('current'));
    };
    const write = (name: string, text: string) => {
      wrote.push(text);
      appendFileSync(file(name), `${text}\n`);
    };
    const got: string[] = [];
    {
      await using tail = open({ path: 'current', positions, stepMs: 1_000 });
      for (const day of ['21', '22', '23']) {
        write(`app-${day}.log`, `day ${day}`);
        lead(`app-${day}.log`);
        await tail.poll(2);
      }
      await tail.poll(20);
      got.push(...tail.texts());
    }
    write('app-23.log', 'late on day 23');
    write('app-24.log', 'day 24');
    lead('app-24.log');
    await using tail = open({ path: 'current', positions });
    await tail.poll(5);
    expect([...got, ...tail.texts()]).toEqual(wrote);
    expect(tail.refused()).toEqual({});
  });

  it('goes on where it was after a restart, in the rotated file first', async () => {
    const positions = new Map<string, string>();
    writeFileSync(file(), 'one\n');
    {
      await using tail = open({ positions });
      await tail.poll();
      expect(tail.texts()).toEqual(['one']);
    }
    appendFileSync(file(), 'two\n');
    renameSync(file(), file('a.log.1'));
    writeFileSync(file(), 'three\n');
    await using tail = open({ positions, startAt: 'end' });
    await tail.poll(4);
    expect(tail.texts()).toEqual(['two', 'three']);
    expect(tail.refused()).toEqual({});
  });

  it('says when the file it had read was rotated away for good', async () => {
    const positions = new Map<string, string>();
    writeFileSync(file(), 'one\n');
    {
      await using tail = open({ positions });
      await tail.poll();
    }
    // Renamed out of sight before the new one comes, so that it cannot get the same inode.
    renameSync(file(), file('zz'));
    writeFileSync(file(), 'two\n');
    await using tail = open({ positions, startAt: 'end' });
    await tail.poll();
    expect(tail.texts()).toEqual(['two']);
    expect(tail.refused()).toEqual({ 'log-rotated-away': 1 });
  });

  it('learns of a mark that comes after the file was opened empty', async () => {
    await using tail = open();
    writeFileSync(file(), '');
    await tail.poll();
    appendFileSync(file(), Buffer.from('\ufeff한글\n', 'utf16le'));
    await tail.poll();
    expect(tail.texts()).toEqual(['한글']);
  });

  it('is not fooled by a new file under an old inode', async () => {
    const positions = new Map<string, string>();
    writeFileSync(file(), 'one\ntwo\n');
    {
      await using tail = open({ positions });
      await tail.poll();
    }
    // The same inode with other content is what a reused inode looks like.
    writeFileSync(file(), 'other content, as long as before\n');
    await using tail = open({ positions });
    await tail.poll();
    expect(tail.texts()).toEqual(['other content, as long as before']);
  });

  it('keeps its place while the sink is full, and loses nothing', async () => {
    await using tail = open();
    const all = Array.from({ length: 500 }, (_, i) => `line ${i}`);
    writeFileSync(file(), `${all.join('\n')}\n`);
    tail.setRoom(100);
    await tail.poll();
    expect(tail.texts()).toHaveLength(100);
    renameSync(file(), file('gone'));
    tail.setRoom(Number.POSITIVE_INFINITY);
    await tail.poll();
    expect(tail.texts()).toEqual(all);
  });

  it('passes over a line of 100 MB without holding it, and goes on behind it', async () => {
    await using tail = open({ maxLineBytes: 64 * 1024 });
    const descriptor = openSync(file(), 'a');
    writeSync(descriptor, 'before\n');
    const piece = Buffer.alloc(4 * 1024 * 1024, 'x');
    for (let i = 0; i < 25; i++) writeSync(descriptor, piece);
    writeSync(descriptor, '\nafter\n');
    closeSync(descriptor);
    const before = process.memoryUsage().arrayBuffers;
    await tail.poll(4);
    expect(tail.texts()).toEqual(['before', 'after']);
    expect(tail.refused()).toEqual({ 'line-too-long': 1 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });

  it('counts NULs and keeps the text around them', async () => {
    await using tail = open();
    writeFileSync(
      file(),
      Buffer.concat([Buffer.alloc(300), Buffer.from('text\n'), Buffer.alloc(50), Buffer.from('\nend\n')]),
    );
    await tail.poll();
    expect(tail.texts()).toEqual(['text', 'end']);
    expect(tail.refused()).toEqual({ 'nul-bytes': 2 });
  });

  it('refuses what is no file, without opening it', async () => {
    await using tail = open();
    execFileSync('mkfifo', [file('pipe.log')]);
    mkdirSync(file('folder.log'));
    execFileSync('ln', ['-s', '/dev/zero', file('device.log')]);
    await tail.poll();
    expect(tail.texts()).toEqual([]);
    expect(tail.refused()).toEqual({ 'not-a-regular-file': 3 });
  });

  it('counts a file it may not read', async () => {
    await using tail = open();
    writeFileSync(file(), 'secret\n');
    chmodSync(file(), 0o000);
    chmodSync(dirname(file()), 0o755);
    await withoutRoot(() => tail.poll());
    expect(tail.refused()).toEqual({ 'permission-denied': 1 });
  });

  it.each([
    {
      name: 'CP949',
      bytes: Buffer.from([0xb0, 0xa1, 0x8c, 0x63, 0x0a]),
      want: ['가c'.replace('c', new TextDecoder('euc-kr').decode(Buffer.from([0x8c, 0x63])))],
      refused: {},
    },
    {
      name: 'UTF-16LE with its mark',
      bytes: Buffer.from('\ufeff한글 로그\n둘\n', 'utf16le'),
      want: ['한글 로그', '둘'],
      refused: {},
    },
    {
      name: 'UTF-16BE with its mark',
      bytes: Buffer.from('\ufeff한글\n둘\n', 'utf16le').swap16(),
      want: ['한글', '둘'],
      refused: {},
    },
    { name: 'UTF-8 with a mark', bytes: Buffer.from('\ufeffone\n'), want: ['one'], refused: {} },
    {
      name: 'bytes that are neither',
      bytes: Buffer.from([0x61, 0xff, 0x20, 0x62, 0x0a]),
      want: ['a\ufffd b'],
      refused: { 'invalid-encoding': 1 },
    },
  ])('reads $name', async ({ bytes, want, refused }) => {
    await using tail = open();
    writeFileSync(file(), bytes);
    await tail.poll();
    expect(tail.texts()).toEqual(want);
    expect(tail.refused()).toEqual(refused);
  });

  it('joins stack traces', async () => {
    await using tail = open();
    const java = 'ERROR boom\njava.lang.X: y\n\tat a.b(C.java:1)\nCaused by: z\n\t... 3 more\n';
    const python = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: bad\n';
    writeFileSync(file(), `${java}next\n${python}last\n`);
    await tail.poll();
    expect(tail.texts()).toEqual([
      'ERROR boom',
      'java.lang.X: y\n\tat a.b(C.java:1)\nCaused by: z\n\t... 3 more',
      'next',
      python.trimEnd(),
      'last',
    ]);
  });

  it('survives a deleted file', async () => {
    await using tail = open();
    writeFileSync(file(), 'one\n');
    await tail.poll();
    unlinkSync(file());
    await tail.poll();
    writeFileSync(file(), 'two\n');
    await tail.poll();
    expect(tail.texts()).toEqual(['one', 'two']);
  });

  it('delivers every line once and in order, however writes, rotations and restarts fall', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), cut: fc.boolean() }) },
      { weight: 2, arbitrary: fc.constant({ kind: 'poll' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'rename' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder);
        const positions = new Map<string, string>();
        const got: string[] = [];
        const wrote: string[] = [];
        let tail = open({ positions });
        let rotations = 0;
        let isCut = false;
        writeFileSync(file(), '');
        await tail.poll(1);
        for (const { kind, ...rest } of steps) {
          if (kind === 'write') {
            const text = `line ${wrote.length}`;
            wrote.push(text);
            // A write may end inside a line; the rest comes with the next one.
            appendFileSync(file(), `${isCut ? 'd\n' : ''}${text}${'cut' in rest && rest.cut ? ' en' : ' end\n'}`);
            isCut = 'cut' in rest && rest.cut;
          } else if (kind === 'poll') await tail.poll(1);
          else if (!isCut) {
            await tail.poll(2);
            if (kind === 'rename') {
              renameSync(file(), file(`a.log.${++rotations}`));
              writeFileSync(file(), '');
            } else {
              got.push(...tail.texts());
              await tail[Symbol.asyncDispose]();
              tail = open({ positions });
            }
          }
        }
        if (isCut) appendFileSync(file(), 'd\n');
        await tail.poll(4);
        got.push(...tail.texts());
        await tail[Symbol.asyncDispose]();
        expect(got).toEqual(wrote.map((text) => `${text} end`));
      }),
      { numRuns: 40 },
    );
  });
});

/** Runs `work` as nobody where this process is root, whom no file mode stops. */
async function withoutRoot(work: () => Promise<unknown>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
