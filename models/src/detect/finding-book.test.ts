import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claim, FindingBook } from './finding-book.ts';

const claim = (value: number, detector = 'level-shift'): Claim => ({
  kind: 'level-shift',
  severity: value > 0.9 ? 'major' : 'minor',
  confidence: 0.99,
  score: 4,
  sinceMs: 0,
  value,
  entity: 'host:a',
  nature: 'pressure',
  trouble: 'cpu',
  peer: null,
  detector: { name: detector, version: '1' },
  title: { ko: '제목', en: 'title' },
  summary: { ko: `${value}`, en: `${value}` },
  evidence: [],
  recovery: (lastedMs, worst) => ({ ko: `${lastedMs} ${worst}`, en: `${lastedMs} ${worst}` }),
});

function createBook(): FindingBook {
  let ids = 0;
  return new FindingBook(() => `f-${String(ids++).padStart(8, '0')}`);
}

describe('FindingBook', () => {
  it('opens once, updates every 30 s, and closes 10 s after the last claim', () => {
    const book = createBook();
    const seen: string[] = [];
    for (let second = 0; second <= 120; second++) {
      book.report('cpu', second <= 70 ? claim(0.8) : null, second * 1_000);
      for (const one of book.take()) seen.push(`${second} ${one.state} ${one.id}`);
    }
    expect(seen).toEqual(['0 open f-00000000', '30 update f-00000000', '60 update f-00000000', '80 closed f-00000000']);
  });

  it('never lowers the severity while it lasts, and sends nothing of a value on its way back', () => {
    const book = createBook();
    for (let second = 0; second <= 95; second++) {
      const one = second < 40 ? claim(0.95) : claim(0.5);
      book.report('cpu', { ...one, isFading: second > 65 }, second * 1_000);
    }
    const taken = book.take();
    expect(taken.map((one) => one.state)).toEqual(['open', 'update', 'update']);
    expect(taken.map((one) => one.severity)).toEqual(['major', 'major', 'major']);
  });

  it('forgives a claim that is gone for a moment', () => {
    const book = createBook();
    for (let second = 0; second < 29; second++)
      book.report('cpu', second % 9 === 5 ? null : claim(0.8), second * 1_000);
    expect(book.take().map((one) => one.state)).toEqual(['open']);
  });

  it('tells the worst value when it is over, of the detector that spoke last', () => {
    const book = createBook();
    [claim(5e9, 'fill-forecast'), claim(0.96, 'saturation'), claim(0.95, 'saturation')].forEach((one, i) => {
      book.report('disk', one, i * 1_000);
    });
    book.report('disk', null, 20_000);
    expect(book.take().at(-1)).toMatchObject({ state: 'closed', endedAtUnixMs: 2_000, summary: { en: '2000 0.96' } });
  });

  it('holds at most 64 open and 256 waiting, and counts what it drops', () => {
    const book = createBook();
    for (let second = 0; second < 400; second++) {
      for (let i = 0; i < 70; i++) book.report(`disk ${i}`, claim(0.8), second * 1_000);
    }
    expect(book.take()).toHaveLength(256);
    expect(book.dropped).toBeGreaterThan(0);
  });

  it('keeps every life in order: open, then updates, then closed, then never again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 40 }))),
        (steps) => {
          const book = createBook();
          const state = new Map<string, string>();
          let tMs = 0;
          for (const [holds, subject, seconds] of steps) {
            tMs += seconds * 1_000;
            book.report(`s${subject}`, holds ? claim(0.8) : null, tMs);
            for (const one of book.take()) {
              expect(
                one.state === 'open' ? state.has(one.id) : !state.has(one.id) || state.get(one.id) === 'closed',
              ).toBe(false);
              expect(one.endedAtUnixMs === null).toBe(one.state !== 'closed');
              state.set(one.id, one.state);
            }
          }
        },
      ),
    );
  });
});
