import { randomBytes } from 'node:crypto';
import { compressBatch, MAX_BATCH_RAW_BYTES } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { readThreadText } from './thread-text.ts';

describe('thread dumps of an answer', () => {
  it('are one text, also where a character lies in two chunks', () => {
    const text = Buffer.from(
      `Full thread dump of shop:\n"결제-worker-1" #17 daemon\n${'\tat com.shop.결제.run\n'.repeat(9)}`,
    );
    const middle = text.indexOf('제') + 1;
    expect(readThreadText([text.subarray(0, middle), text.subarray(middle)].map(compressBatch))).toBe(text.toString());
  });

  it.each([
    ['are no zstd', [randomBytes(100)]],
    ['are more than one chunk may unpack to', [compressBatch(Buffer.alloc(MAX_BATCH_RAW_BYTES + 1))]],
    ['are more together than is ever read', Array(5).fill(compressBatch(Buffer.alloc(MAX_BATCH_RAW_BYTES)))],
  ])('are refused that %s', (_, bodies) => {
    expect(() => readThreadText(bodies)).toThrow(expect.objectContaining({ code: 'ANSWER_INVALID' }));
  });
});
