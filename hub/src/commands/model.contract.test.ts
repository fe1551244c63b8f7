import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const cli = resolve(import.meta.dirname, '../cli.ts');
const zoo = resolve(import.meta.dirname, '../../../models/zoo');
const shipped = join(zoo, 'host-autoencoder');
const folder = mkdtempSync(join(tmpdir(), 'airis-model-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(...args: readonly string[]) {
  const result = spawnSync(process.execPath, ['--conditions=airis-source', cli, 'model', ...args], {
    env: { ...process.env, AIRIS_DATA_DIR: folder },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: result.status, out: result.stdout, error: result.stderr };
}

/** The shipped manifest with something else in it. */
function manifestWith(change: Record<string, unknown>): string {
  const path = join(folder, 'manifest.json');
  writeFileSync(
    path,
    JSON.stringify({ ...JSON.parse(readFileSync(join(shipped, 'manifest.json'), 'utf8')), ...change }),
  );
  return path;
}

describe('airis-hub model check', () => {
  it.each([
    'host-autoencoder',
    'bring-your-own/scikit-learn-forest',
    'bring-your-own/xgboost-residual',
    'bring-your-own/pytorch-autoencoder',
  ])('takes %s after running it', (name) => {
    const { code, out } = check('check', join(zoo, name, 'model.onnx'), '--json');
    const verdict = JSON.parse(out);
    expect(verdict).toMatchObject({ isFit: true, name: name.split('/').at(-1), problems: [] });
    expect(verdict.trial.inferenceMsMedian).toBeGreaterThan(0);
    expect(verdict.trial.memoryMiB).toBeGreaterThan(10);
    expect(code).toBe(0);
  });

  it('says in plain words what it found', () => {
    const { code, out } = check('check', join(shipped, 'model.onnx'));
    expect(out).toMatch(/agents may run it as host-autoencoder\n.*ai\.onnx 17.*MatMul.*\n.*a window takes/);
    expect(code).toBe(0);
  });

  it.each([
    { name: 'golden scores of another model', change: { golden: [{ input: new Array(48).fill(0.5), score: 123 }] } },
    { name: 'a manifest with a key too many', change: { extra: 1 } },
    {
      name: 'a manifest for another file',
      change: { sha256: { model: 'f'.repeat(64), trainingData: '0'.repeat(64) } },
    },
  ])('refuses $name with exit code 1, a code and what to do', ({ change }) => {
    const { code, out } = check('check', join(shipped, 'model.onnx'), '--manifest', manifestWith(change), '--json');
    const { isFit, problems } = JSON.parse(out);
    expect(isFit).toBe(false);
    expect(problems[0]).toMatchObject({
      code: expect.stringMatching(/^[A-Z_]+$/),
      hint: expect.stringMatching(/.{5}/),
    });
    expect(code).toBe(1);
  });

  it.each([
    { name: 'a file that is not there', file: join(folder, 'none.onnx'), says: 'cannot be read' },
    { name: 'a folder', file: folder, says: 'cannot be read' },
    { name: 'a file without an end', file: '/dev/zero', says: 'MODEL_TOO_LARGE' },
    { name: 'a file that is no model', file: cli, says: 'MODEL_MALFORMED' },
  ])('refuses $name in plain words', ({ file, says }) => {
    const { code, out, error } = check('check', file, '--manifest', join(shipped, 'manifest.json'));
    expect(out).toContain('agents would not run it');
    expect(out).toContain(says);
    expect(error).toBe('');
    expect(code).toBe(1);
  });

  it.each([
    { name: 'no action', args: [], says: 'action is missing' },
    { name: 'an unknown action', args: ['chek', 'x'], says: 'did you mean check?' },
    { name: 'no file', args: ['check'], says: 'FILE is missing' },
    { name: 'two files', args: ['check', 'a', 'b'], says: 'b is one file too many' },
  ])('answers $name with exit code 2', ({ args, says }) => {
    const { code, error } = check(...args);
    expect(error).toContain(says);
    expect(code).toBe(2);
  });
});
