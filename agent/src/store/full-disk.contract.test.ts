import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runOnSmallDisk, whyNoSmallDisk } from './small-disk-under-test.ts';

const KiB = 1024;
const ROWS = 5;
const folder = mkdtempSync(join(tmpdir(), 'airis-disk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const reason = whyNoSmallDisk(folder);
if (reason !== null) console.warn(`full-disk tests are left out: ${reason}`);

interface Drained {
  readonly whole: number;
  readonly told: number;
  readonly holes: number;
  readonly findings: number;
}
interface Story {
  readonly appended: number;
  readonly first: Drained;
  readonly second: Drained;
  readonly third: Drained;
  readonly lost: Record<string, number>;
}

async function run<T>(story: string, bytes: number): Promise<T> {
  const child = runOnSmallDisk(folder, bytes, join(import.meta.dirname, 'full-disk-under-test.ts'), [folder, story]);
  let out = '';
  let errors = '';
  child.stdout?.on('data', (part) => {
    out += String(part);
  });
  child.stderr?.on('data', (part) => {
    errors += String(part);
  });
  const code = await new Promise((done) => child.once('close', done));
  if (code !== 0) throw new Error(`${story} ended with ${code}: ${errors}`);
  return JSON.parse(out) as T; // printed by full-disk-under-test.ts
}

describe.skipIf(reason !== null)('a full disk', () => {
  it.each([512 * KiB, 1024 * KiB, 3000 * KiB])('of %i bytes is filled, emptied and filled again', async (bytes) => {
    const { appended, first, second, third, lost } = await run<Story>('own', bytes);
    expect([first.holes, second.holes, third.holes]).toEqual([0, 0, 0]);
    expect(first.whole + first.told).toBe(1_500 * ROWS);
    expect(first.whole).toBeGreaterThan((bytes / 2_200) * 0.4 * ROWS);
    expect(first.findings).toBe(30);
    expect(second).toMatchObject({ whole: 10 * ROWS, told: 0 });
    expect(third.whole + third.told).toBe(1_500 * ROWS);
    expect(third.findings).toBe(30);
    expect(appended).toBe(3_010);
    expect(lost).toEqual({ 'disk-full': first.told + third.told });
  });

  it('is opened again by the next process and emptied', async () => {
    const { appended, first, lost } = await run<Story>('restart', 1024 * KiB);
    expect(first).toMatchObject({ holes: 0, findings: 36 });
    expect(first.whole + first.told).toBe(appended * ROWS);
    expect(lost).toEqual({ 'disk-full': first.told });
  });

  it('that another program filled stops neither delivery nor new rows', async () => {
    const { appended, first, second, third, lost } = await run<Story>('foreign', 2048 * KiB);
    expect([first.holes, second.holes, third.holes]).toEqual([0, 0, 0]);
    expect(first.whole + first.told).toBe(400 * ROWS);
    expect(first.findings).toBe(8);
    expect(first.whole).toBeGreaterThan(20 * ROWS);
    expect(second).toMatchObject({ whole: 5 * ROWS, told: 0 });
    expect(third).toMatchObject({ whole: 20 * ROWS, told: 0 });
    expect(appended).toBe(425);
    expect(lost).toEqual({ 'disk-full': first.told });
  });

  it('ends neither the local store nor the small files; what was not written is told', async () => {
    expect(await run('others', 2048 * KiB)).toEqual({
      hasNewest: 200,
      hasNext: 200,
      wasSaved: false,
      again: 5_000,
      refused: ['file-not-written'],
    });
  });

  it.each([2048 * KiB, 12 * 1024 * KiB])('of %i bytes keeps the newest lines for the oldest', async (bytes) => {
    expect(await run('kept', bytes)).toEqual({
      refusedWhenFull: 3,
      hasNewest: true,
      hasNewestBeside: true,
      hasNewestAfter: true,
      refused: { 'local-store-not-written': 3 },
    });
  });

  it('lets the whole agent live, and start again', async () => {
    expect(await run('agent', 8192 * KiB)).toEqual({ didFirstLive: true, didSecondLive: true });
  });
});
