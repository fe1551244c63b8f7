import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BehaviourPath } from './behaviour-path.ts';
import { TextFile } from './store/text-file.ts';

const ROW_MS = 300_000;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-behaviour-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const names = ['system.cpu.utilization', 'system.memory.utilization', 'airis.process.threads'];
const registry = {
  series: names.map((metric, i) => ({
    id: BigInt(i + 1),
    identity: { metric, attributes: {}, unit: '1', kind: 'gauge' as const, resource: {}, temporality: 'none' as const },
    index: i,
  })),
  values: Float64Array.of(0.1, 0.2, 30),
  length: 3,
};

function open() {
  const said: string[] = [];
  const log = {
    info: () => undefined,
    error: (code: string) => said.push(code),
    warn: (code: string) => said.push(code),
  };
  const file = new TextFile(join(folder, 'behaviour.json'), log);
  const path = new BehaviourPath({ entity: 'host:a', file, onRefused: (reason) => said.push(reason), log });
  return { path, said };
}
const kept = (): { channels: Record<string, number[]> } =>
  JSON.parse(readFileSync(join(folder, 'behaviour.json'), 'utf8'));

it('keeps the rows of an hour, and the last ones when the agent stops', () => {
  const { path, said } = open();
  for (let row = 0; row <= 12; row++) path.step(row * ROW_MS, registry);
  expect(kept().channels['cpu.busy']).toHaveLength(12);
  path.step(13 * ROW_MS, registry);
  path.save();
  expect(Object.keys(kept().channels)).toEqual(['cpu.busy', 'memory.used', 'threads']);
  const again = open();
  again.path.step(14 * ROW_MS, registry);
  again.path.save();
  // What the row had that was under way is not known any more.
  expect(kept().channels['cpu.busy']).toEqual([...Array(13).fill(0.1), null]);
  expect([...said, ...again.said]).toEqual([]);
});

it.each(['', '{', '[]', '{"endUnixMs":0,"channels":{"cpu.busy":["x"]}}', `"${'x'.repeat(9_000_000)}"`])(
  'learns anew where what was kept cannot be read, and says so (%#)',
  (text) => {
    writeFileSync(join(folder, 'behaviour.json'), text);
    const { path, said } = open();
    expect(said).toEqual(['BEHAVIOUR_UNREADABLE']);
    for (let row = 0; row <= 3; row++) path.step(row * ROW_MS, registry);
    path.save();
    expect(kept().channels['cpu.busy']).toHaveLength(3);
  },
);
