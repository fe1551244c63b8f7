import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findServerBinary, isNewEnough } from './server-binary.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'airis-binary-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A folder with a program that answers `--version` like this. */
function folderWith(name: string, answer: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'nats-server'), `#!/bin/sh\n${answer}\n`);
  chmodSync(join(folder, 'nats-server'), 0o755);
  return folder;
}
const says = (version: string) => `echo "nats-server: v${version}"`;

describe('findServerBinary', () => {
  it('passes over what is too old, broken or silent, and takes the first that is new enough', async () => {
    const searchPath = [
      folderWith('old', says('2.9.10')),
      folderWith('broken', 'exit 3'),
      folderWith('silent', 'true'),
      join(root, 'missing'),
    ].join(delimiter);
    const folders = [folderWith('good', says('2.11.0')), folderWith('newer', says('2.15.1'))];
    expect(await findServerBinary({ named: null, searchPath, folders })).toEqual({
      path: join(root, 'good', 'nats-server'),
      version: '2.11.0',
    });
  });

  it('refuses a named one that is too old, though a good one is there', async () => {
    const named = join(folderWith('old', says('2.10.29')), 'nats-server');
    await expect(
      findServerBinary({ named, searchPath: folderWith('good', says('2.11.0')), folders: [] }),
    ).rejects.toMatchObject({
      code: 'BROKER_SERVER_TOO_OLD',
      message: expect.stringMatching(/2\.11\.0 or newer is needed, found .*2\.10\.29/),
      hint: expect.stringContaining('AIRIS_NATS_SERVER'),
    });
  });

  it.each([
    { name: 'nothing is there', make: () => '', code: 'BROKER_SERVER_MISSING' },
    { name: 'only old ones are there', make: () => folderWith('old', says('2.9.10')), code: 'BROKER_SERVER_TOO_OLD' },
    { name: 'only broken ones are there', make: () => folderWith('bad', 'exit 1'), code: 'BROKER_SERVER_TOO_OLD' },
  ])('says so where $name', async ({ make, code }) => {
    await expect(findServerBinary({ named: null, searchPath: make(), folders: [] })).rejects.toMatchObject({ code });
  });

  it.each([
    ['2.11.0', true],
    ['2.10.99', false],
    ['2.100.0', true],
    ['3.0.0', true],
    ['1.99.99', false],
  ])('%s is new enough: %s', (version, want) => expect(isNewEnough(version)).toBe(want));
});
