import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusals } from '../refusals.ts';
import { LineSplitter, type LogEncoding, type SplitLine } from './line-splitter.ts';

const MAX_LINE_BYTES = 40;

function split(bytes: Buffer, cuts: readonly number[], encoding: LogEncoding = 'auto') {
  const refusals = new Refusals();
  const splitter = new LineSplitter(MAX_LINE_BYTES, encoding, refusals);
  const lines: SplitLine[] = [];
  let at = 0;
  for (const size of [...cuts, bytes.length]) {
    if (at < bytes.length && size > 0) lines.push(...splitter.push(bytes.subarray(at, at + size)));
    at = Math.min(bytes.length, at + size);
  }
  const held = splitter.heldBytes;
  const last = splitter.flush();
  if (last !== null) lines.push(last);
  return {
    texts: lines.map((line) => line.text).filter((text) => text !== null),
    lines,
    held,
    refused: refusals.snapshot(),
  };
}

const cutsArbitrary = fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 40 });

describe('LineSplitter', () => {
  it('gives the same lines however the bytes come in pieces, and accounts for every byte', () => {
    const bytes = fc.array(
      fc.oneof(
        fc.constantFrom('\n', '\r\n', 'word ', '한글', '\0', 'x'.repeat(20), 'x'.repeat(39)).map((t) => Buffer.from(t)),
        fc.uint8Array({ maxLength: 6 }).map((b) => Buffer.from(b)),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(bytes, cutsArbitrary, (parts, cuts) => {
        const all = Buffer.concat(parts);
        const whole = split(all, []);
        const pieces = split(all, cuts);
        expect(pieces.texts).toEqual(whole.texts);
        expect(pieces.refused).toEqual(whole.refused);
        const accounted = (lines: readonly SplitLine[]) => lines.reduce((sum, line) => sum + line.bytes, 0);
        expect(accounted(pieces.lines)).toBe(all.length);
        expect(pieces.held).toBeLessThanOrEqual(MAX_LINE_BYTES);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['utf-16le', 'utf-16be'] as const)('gives lines of %s however the bytes come in pieces', (encoding) => {
    const texts = fc.array(
      fc.string({ unit: fc.constantFrom('a', '한', '\u0a0a', '\u000d\u0a00', '글'), minLength: 1, maxLength: 8 }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(texts, cutsArbitrary, (lines, cuts) => {
        const le = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf16le');
        const bytes = encoding === 'utf-16le' ? le : Buffer.from(le).swap16();
        expect(split(bytes, cuts, encoding).texts).toEqual(lines);
      }),
      { numRuns: 300 },
    );
  });
});
