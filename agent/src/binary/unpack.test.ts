import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PackedProgram } from './packed-program.ts';
import { unpackedFolder } from './unpack.ts';

const contents: Readonly<Record<string, string>> = {
  'main.mjs': 'the program',
  'chunks/library.so.1': 'the library'.repeat(50_000),
};
let top: string;
let base: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'airis-unpack-'));
  base = join(top, 'cache');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const programOf = (id: string): PackedProgram => ({
  id,
  files: Object.entries(contents).map(([path, text]) => ({
    path,
    sizeBytes: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
    isCompressed: path.startsWith('chunks/'),
  })),
});
const packed = (path: string) => {
  const content = Buffer.from(contents[path]!);
  return path.startsWith('chunks/') ? zstdCompressSync(content) : content;
};
const unpack = (id = '1.0.0-a', contentOf: (path: string) => Uint8Array = packed) =>
  unpackedFolder(programOf(id), base, () => true, contentOf);
const unread = (path: string): never => {
  throw new Error(`${path} is unpacked again`);
};
const seen = (folder: string) =>
  Object.fromEntries(Object.keys(contents).map((path) => [path, readFileSync(join(folder, path), 'utf8')]));

it('unpacks once, for this user alone', () => {
  const folder = unpack();
  expect(seen(folder)).toEqual(contents);
  expect(unpack('1.0.0-a', unread)).toBe(folder);
  for (const path of [base, folder, join(folder, 'chunks'), join(folder, 'main.mjs')]) {
    expect(statSync(path).mode & 0o077, path).toBe(0);
  }
  expect(readdirSync(base)).toEqual(['1.0.0-a']);
});

describe('replaces what is not as it was packed', () => {
  const other = () => {
    const path = join(top, 'other');
    writeFileSync(path, contents['main.mjs']!);
    return path;
  };
  it.each<{ name: string; spoil: (folder: string) => void }>([
    { name: 'a changed file', spoil: (folder) => writeFileSync(join(folder, 'main.mjs'), 'THE program') },
    { name: 'a torn file', spoil: (folder) => truncateSync(join(folder, 'chunks/library.so.1'), 100) },
    { name: 'a missing file', spoil: (folder) => rmSync(join(folder, 'main.mjs')) },
    {
      name: 'a link, though to the right content',
      spoil: (folder) => {
        rmSync(join(folder, 'main.mjs'));
        symlinkSync(other(), join(folder, 'main.mjs'));
      },
    },
    {
      name: 'a folder in the place of a file',
      spoil: (folder) => {
        rmSync(join(folder, 'main.mjs'));
        mkdirSync(join(folder, 'main.mjs'));
      },
    },
    {
      name: 'a file in the place of the program',
      spoil: (folder) => {
        rmSync(folder, { recursive: true });
        writeFileSync(folder, '');
      },
    },
    {
      name: 'a link in the place of the program',
      spoil: (folder) => {
        rmSync(folder, { recursive: true });
        symlinkSync(top, folder);
      },
    },
  ])('$name', ({ spoil }) => {
    spoil(unpack());
    expect(seen(unpack())).toEqual(contents);
    expect(readdirSync(base)).toEqual(['1.0.0-a']);
  });
});

it('does not read what is not needed now', () => {
  const folder = unpack();
  truncateSync(join(folder, 'chunks/library.so.1'), 100);
  unpackedFolder(programOf('1.0.0-a'), base, ({ path }) => path === 'main.mjs', unread);
});

it('keeps what a start at the same time has put there first', () => {
  let quicker = '';
  const folder = unpack('1.0.0-a', (path) => {
    if (quicker === '') {
      quicker = 'begun';
      quicker = unpack();
    }
    return packed(path);
  });
  expect(folder).toBe(quicker);
  expect(seen(folder)).toEqual(contents);
  expect(readdirSync(base)).toEqual(['1.0.0-a']);
});

it('leaves nothing behind when there is no room, and says what to do', () => {
  const full = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  };
  expect(() => unpack('1.0.0-a', full)).toThrow(
    expect.objectContaining({ code: 'PROGRAM_NOT_UNPACKED', message: expect.stringContaining('ENOSPC') }),
  );
  expect(readdirSync(base)).toEqual([]);
});

it('makes the folders above, and says so where none can be made', () => {
  base = join(top, 'home/cache/airis-agent');
  expect(seen(unpack())).toEqual(contents);
  base = '/proc/airis-agent';
  expect(() => unpack()).toThrow(expect.objectContaining({ code: 'PROGRAM_NOT_UNPACKED' }));
});

it('refuses a cache folder that is a link', () => {
  mkdirSync(join(top, 'elsewhere'));
  symlinkSync(join(top, 'elsewhere'), base);
  expect(() => unpack()).toThrow(/is a link/);
  expect(readdirSync(join(top, 'elsewhere'))).toEqual([]);
});

it('closes a cache folder that others could write', () => {
  mkdirSync(base);
  chmodSync(base, 0o777);
  unpack();
  expect(statSync(base).mode & 0o777).toBe(0o700);
});

it('keeps the two programs used last beside the new one, and removes what killed starts left', () => {
  for (const [at, id] of ['1.0.0-a', '1.0.0-b', '1.0.0-c'].entries()) {
    const folder = unpack(id);
    utimesSync(folder, at + 1, at + 1);
  }
  for (const [name, atSeconds] of [
    ['new-old', 1],
    ['new-now', Date.now() / 1000],
  ] as const) {
    mkdirSync(join(base, name));
    utimesSync(join(base, name), atSeconds, atSeconds);
  }
  unpack('1.0.0-d');
  expect(readdirSync(base).sort()).toEqual(['1.0.0-b', '1.0.0-c', '1.0.0-d', 'new-now']);
  expect(existsSync(join(base, '1.0.0-a'))).toBe(false);
});
