import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { AgentError, errorText } from '../errors.ts';
import type { PackedFile, PackedProgram } from './packed-program.ts';

const HASHED_AT_ONCE_BYTES = 256 * 1024;
/** Programs kept beside the one in use: an older agent may still run, and loads parts as it needs them. */
const OTHERS_KEPT = 2;
/** What a killed start left behind goes after this. */
const LEFTOVER_MS = 3_600_000;
const INSTALL_TRIES = 5;

/**
 * The folder of a packed program, unpacked where it is not yet. Every file that is needed now is checked by its hash at
 * each start, so a torn or changed one is replaced and never run. Several starts at once are safe: each unpacks into a
 * folder of its own, and a rename decides.
 *
 * @param base - made for this user alone; refused where it is a link or belongs to somebody else
 * @param contentOf - a file as it lies in the binary
 */
export function unpackedFolder(
  { id, files }: PackedProgram,
  base: string,
  isNeeded: (file: PackedFile) => boolean,
  contentOf: (path: string) => Uint8Array,
): string {
  const folder = join(base, id);
  const needed = files.filter(isNeeded);
  try {
    makeOwn(base);
    if (!isIntact(folder, needed)) {
      unpack(files, base, folder, contentOf);
      removeOld(base, id);
    }
    const now = new Date();
    utimesSync(folder, now, now);
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    const hint = 'make room there, or set XDG_CACHE_HOME to a folder this user may write';
    throw new AgentError('PROGRAM_NOT_UNPACKED', `cannot unpack into ${base}: ${errorText(cause)}`, hint, { cause });
  }
  return folder;
}

function makeOwn(base: string): void {
  makeFolder(base);
  const info = lstatSync(base);
  if (!info.isDirectory() || info.uid !== process.geteuid?.()) {
    const what = info.isDirectory() ? `belongs to user ${info.uid}` : 'is a link or a file';
    throw new AgentError(
      'PROGRAM_NOT_UNPACKED',
      `${base} ${what}`,
      'remove it, or set XDG_CACHE_HOME to another folder',
    );
  }
  if ((info.mode & 0o077) !== 0) chmodSync(base, 0o700);
}

/** With its parents, each tried twice at most: Node's own way never ends where the kernel refuses by ENOENT, as in `/proc`. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    if (!hasCode(error, 'ENOENT')) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

function isIntact(folder: string, files: readonly PackedFile[]): boolean {
  try {
    return lstatSync(folder).isDirectory() && files.every((file) => isAsPacked(join(folder, file.path), file));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return false;
    throw error;
  }
}

function isAsPacked(path: string, { sizeBytes, sha256 }: PackedFile): boolean {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const info = fstatSync(file);
    if (!info.isFile() || info.size !== sizeBytes) return false;
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(HASHED_AT_ONCE_BYTES);
    for (;;) {
      const length = readSync(file, piece, 0, piece.length, null);
      if (length === 0) return hash.digest('hex') === sha256;
      hash.update(piece.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

function unpack(
  files: readonly PackedFile[],
  base: string,
  folder: string,
  contentOf: (path: string) => Uint8Array,
): void {
  const fresh = mkdtempSync(join(base, 'new-'));
  try {
    for (const { path, isCompressed } of files) {
      const content = contentOf(path);
      const target = join(fresh, path);
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      writeFileSync(target, isCompressed ? zstdDecompressSync(content) : content, { mode: 0o600, flag: 'wx' });
    }
    install(fresh, base, folder, files);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Puts the fresh folder in its place; another start that was quicker keeps its own, something broken is moved away. */
function install(fresh: string, base: string, folder: string, files: readonly PackedFile[]): void {
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(fresh, folder);
      return;
    } catch (error) {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR') || attempt === INSTALL_TRIES) throw error;
    }
    if (isIntact(folder, files)) return;
    const old = mkdtempSync(join(base, 'old-'));
    try {
      renameSync(folder, join(old, 'program'));
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
    rmSync(old, { recursive: true, force: true });
  }
}

function removeOld(base: string, id: string): void {
  const entries = readdirSync(base).flatMap((name) => {
    const info = lstatSync(join(base, name), { throwIfNoEntry: false });
    return info === undefined || name === id ? [] : [{ name, usedAtMs: info.mtimeMs }];
  });
  const isLeftover = (name: string) => /^(new|old)-/.test(name);
  const gone = [
    ...entries.filter(({ name, usedAtMs }) => isLeftover(name) && usedAtMs < Date.now() - LEFTOVER_MS),
    ...entries
      .filter(({ name }) => !isLeftover(name))
      .sort((a, b) => b.usedAtMs - a.usedAtMs)
      .slice(OTHERS_KEPT),
  ];
  for (const { name } of gone) rmSync(join(base, name), { recursive: true, force: true });
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
