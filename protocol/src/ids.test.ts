import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentId, entityId, formatBatchId, parseBatchId } from './ids.ts';
import { decodeEnrolmentToken, encodeEnrolmentToken } from './schema/enrol.ts';

const epoch = '0123456789abcdef0123456789abcdef';

describe('a batch id', () => {
  it('reads back as it was written', () => {
    const batchId = fc.record({
      agent: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/),
      epoch: fc.constant(epoch),
      class: fc.constantFrom('event' as const, 'data' as const),
      seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    });
    fc.assert(
      fc.property(batchId, (id) => {
        expect(parseBatchId(formatBatchId(id))).toEqual(id);
      }),
    );
  });

  it.each([
    '',
    `web-1.${epoch}.data.0`,
    `web-1.${epoch}.data.01`,
    `web-1.${epoch}.data.9007199254740993`,
    `web-1.${epoch}.other.1`,
    `web-1.${epoch.slice(1)}.data.1`,
    `Web-1.${epoch}.data.1`,
    `web-1.${epoch}.data.1\n`,
    `web.1.${epoch}.data.1`,
  ])('is not "%s"', (text) => {
    expect(parseBatchId(text)).toBe(null);
  });
});

it.each(['web-1', 'a', '0'.repeat(63)])('"%s" names an agent', (name) =>
  expect(agentId.safeParse(name).success).toBe(true),
);
it.each(['', '-a', 'a-', 'a.b', 'A', 'a*', '>', 'x'.repeat(64), 'a\n'])('"%s" names no agent', (name) =>
  expect(agentId.safeParse(name).success).toBe(false),
);
it.each(['host:web-1', 'service:nginx@web-1', 'service:주문'])('"%s" is an entity', (id) =>
  expect(entityId.safeParse(id).success).toBe(true),
);
it.each(['web-1', 'host:', 'host:a b', 'Host:a', `host:${'x'.repeat(201)}`])('"%s" is no entity', (id) =>
  expect(entityId.safeParse(id).success).toBe(false),
);

describe('an enrolment token', () => {
  const token = {
    v: 1 as const,
    url: 'http://127.0.0.1:8730',
    ca: null,
    roots: ['ab'.repeat(32)],
    secret: 's'.repeat(43),
  };

  it('reads back as it was written', () => {
    expect(decodeEnrolmentToken(encodeEnrolmentToken(token))).toEqual(token);
  });

  it.each([
    '',
    'airis1.',
    'airis1.bm90IGpzb24',
    `airis2.${encodeEnrolmentToken(token).slice(7)}`,
    `airis1.${'A'.repeat(5000)}`,
  ])('is not "%s"', (text) => {
    expect(decodeEnrolmentToken(text)).toBe(null);
  });
});
