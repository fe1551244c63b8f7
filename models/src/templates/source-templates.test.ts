import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { SourceTemplates } from './source-templates.ts';

const stamp = (i: number) => `2026-11-23 10:00:${String(i % 60).padStart(2, '0')},${100 + i}`;
const logged = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) =>
    i % 4 === 3
      ? `${stamp(i)} ERROR [http-${i % 5}] pool of orders is exhausted`
      : `${stamp(i)} INFO [http-${i % 5}] order ${from + i} took ${i * 3} ms`,
  );

describe('a source whose lines have a header', () => {
  it('has the templates of its messages, also of lines that came before the header was known', () => {
    const source = new SourceTemplates();
    const added = logged(60).map((line) => source.add(line));
    source.consolidate();
    expect([...new Set(added.map(({ form }) => source.textOf(form)))].sort()).toEqual([
      'order <*> took <*> ms',
      'pool of orders is exhausted',
    ]);
    expect(
      source
        .save()
        .forms.map(({ lines }) => lines)
        .sort(),
    ).toEqual([15, 45]);
  });

  it('takes no known message for a new one once the header is known', () => {
    const source = new SourceTemplates();
    for (const line of logged(20)) source.add(line);
    expect(source.add(`${stamp(21)} ERROR [http-1] pool of orders is exhausted`).seenBefore).toBe(5);
  });
});

it('counts every line once, whatever the lines are and whenever the header is found', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = createRandom(seed);
    const source = new SourceTemplates();
    const count = 15 + Math.floor(random() * 600);
    for (let i = 0; i < count; i++) {
      const hasHeader = random() < 0.9;
      source.add(`${hasHeader ? `${stamp(i)} WARN ` : ''}${['a b', 'c d e', `f ${i}`, 'g'][Math.floor(random() * 4)]}`);
    }
    expect(source.save().forms.reduce((sum, { lines }) => sum + lines, 0)).toBe(count);
  }
});
