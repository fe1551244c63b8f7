import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseReader, MAX_SSE_BUFFER } from './sse.ts';

const stream =
  ': beat\n\nid: 7\nevent: incident\ndata: {"a":1}\n\nevent: host\r\ndata: 1\r\ndata: 2\r\n\r\n:\n\ndata:bare\n\n';
const messages = [
  { event: 'incident', data: '{"a":1}', id: '7' },
  { event: 'host', data: '1\n2', id: null },
  { event: 'message', data: 'bare', id: null },
];

describe('the event stream reader', () => {
  it('gives the same messages however the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const read = createSseReader();
        expect(at.slice(1).flatMap((end, index) => read(stream.slice(at[index], end)))).toEqual(messages);
      }),
    );
  });

  it('refuses an event without an end', () => {
    const read = createSseReader();
    expect(() => read('x'.repeat(MAX_SSE_BUFFER + 1))).toThrow(RangeError);
  });
});
