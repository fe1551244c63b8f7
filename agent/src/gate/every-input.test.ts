import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectors } from '../collectors/index.ts';
import { canaries, carried, expectNoCanary } from './canaries-under-test.ts';
import { canaryInputs, poisonedHost } from './canary-inputs-under-test.ts';
import { startEdge } from './edge-under-test.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-inputs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const { ip: _, ...hidden } = canaries;

it.each(collectors.map(({ name, create }) => ({ name, create })))(
  '$name has an input with canaries, or reads files of the captured machine',
  async ({ name, create }) => {
    const hint = `add an entry for ${name} to canary-inputs-under-test.ts`;
    expect(name in canaryInputs || (await create(undefined).applies(poisonedHost('x'))), hint).toBe(true);
  },
);

const read = collectors.filter(({ name }) => !('because' in (canaryInputs[name] ?? {})));
describe.each(read.map(({ name, create }) => ({ name, create })))('of what $name reads', ({ name, create }) => {
  const input = canaryInputs[name];
  // The kernel's files have words, and no word is known as a secret without its key.
  const kinds = Object.entries(hidden).filter(([kind]) => input !== undefined || kind !== 'password');
  it.each(kinds)('no %s leaves', async (kind, value) => {
    const text = carried(kind, value);
    const planted =
      typeof input === 'function'
        ? input({ text, session: text, folder })
        : { collector: create(undefined), host: poisonedHost(text), feed: () => undefined };
    using edge = startEdge();
    await edge.run(planted.collector, planted.host, 4, planted.feed);
    const spans = await edge.ask('window', { kind: 'span' });
    const left = [...edge.left(), ...spans, ...edge.kept().filter(({ where }) => where !== 'kept log')];
    expect(left.length).toBeGreaterThan(3);
    for (const { where, text: all } of left) expectNoCanary(all, value, where);
    await planted.collector.close?.();
  });
});

describe.each(['otlp', 'postgresql', 'mysql', 'access-log'])('of what %s reads', (name) => {
  it.each(['카나리김', 'canary-kim-contract.pdf'])(
    'nothing that stands in paths and literals leaves: %s',
    async (value) => {
      const input = canaryInputs[name];
      if (typeof input !== 'function') throw new Error('no input');
      const planted = input({ text: value, session: 'shop-app', folder });
      using edge = startEdge();
      await edge.run(planted.collector, planted.host, 4, planted.feed);
      // Labels are what programs choose to tell; in running text a name is known by what stands beside it, or not at all.
      const kinds = ['transaction', 'span', 'finding'];
      const left = [...edge.left(), ...edge.kept()].filter(({ where }) => kinds.some((kind) => where.endsWith(kind)));
      for (const { where, text } of left) expectNoCanary(text, value, where);
      await planted.collector.close?.();
    },
  );
});
