import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { nearestKey, parseStrict, unknownEnvironmentNames } from './config-keys.ts';

describe('nearestKey', () => {
  const known = ['limitBytes', 'directory', 'syncEveryMs', 'limitRows'];
  it.each([
    { unknown: 'limitByte', want: 'limitBytes' },
    { unknown: 'LIMITBYTES', want: 'limitBytes' },
    { unknown: 'limtiBytes', want: 'limitBytes' },
    { unknown: 'directroy', want: 'directory' },
    { unknown: 'limit_rows', want: 'limitRows' },
    { unknown: 'password', want: null },
    { unknown: '', want: null },
  ])('of $unknown is $want', ({ unknown, want }) => {
    expect(nearestKey(unknown, known)).toBe(want);
  });

  it('finds every key after one edit', () => {
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), fc.constantFrom('drop', 'swap', 'double'), (key, n, edit) => {
        const at = n % (key.length - 1);
        const [a, b] = [key[at]!, key[at + 1]!];
        const edited = edit === 'drop' ? b : edit === 'swap' ? b + a : a + a + b;
        expect(nearestKey(key.slice(0, at) + edited + key.slice(at + 2), known)).toBe(key);
      }),
    );
  });

  it('bounds its work', () => {
    expect(nearestKey('x'.repeat(1e7), known)).toBe(null);
  });
});

describe('parseStrict', () => {
  const spool = z.strictObject({ directory: z.string().default('spool'), limitBytes: z.int().positive().default(512) });
  const schema = z.strictObject({
    spool: spool.prefault({}),
    collectors: z.array(z.strictObject({ name: z.string(), everyMs: z.int().optional() })).default([]),
    rules: z.record(z.string(), z.strictObject({ holdMs: z.int() })).optional(),
  });

  it.each([
    { name: 'nothing', value: {}, want: { spool: { directory: 'spool', limitBytes: 512 }, collectors: [] } },
    {
      name: 'a setting',
      value: { spool: { limitBytes: 9 } },
      want: { spool: { directory: 'spool', limitBytes: 9 }, collectors: [] },
    },
  ])('reads $name', ({ value, want }) => {
    expect(parseStrict(schema, value, 'agent.json')).toEqual({ ok: true, value: want });
  });

  it.each([
    { name: 'the top', value: { spol: {} }, want: ['agent.json: unknown key spol; did you mean spool?'] },
    {
      name: 'a part',
      value: { spool: { limitByte: 1 } },
      want: ['agent.json: unknown key spool.limitByte; did you mean limitBytes?'],
    },
    {
      name: 'a list',
      value: { collectors: [{ name: 'cpu', everyMS: 1 }] },
      want: ['agent.json: unknown key collectors.0.everyMS; did you mean everyMs?'],
    },
    {
      name: 'a map',
      value: { rules: { a: { holdMs: 1, hold: 1 } } },
      want: ['agent.json: unknown key rules.a.hold; did you mean holdMs?'],
    },
    { name: 'nowhere near', value: { password: 1 }, want: ['agent.json: unknown key password'] },
    {
      name: 'two places',
      value: { spool: { directry: '' }, colectors: [] },
      want: [
        'agent.json: unknown key spool.directry; did you mean directory?',
        'agent.json: unknown key colectors; did you mean collectors?',
      ],
    },
  ])('names the nearest key in $name', ({ value, want }) => {
    expect(parseStrict(schema, value, 'agent.json')).toEqual({ ok: false, problems: want });
  });

  it('names the key of a wrong value', () => {
    const parsed = parseStrict(schema, { spool: { limitBytes: -1 } }, 'agent.json');
    expect(parsed).toMatchObject({ ok: false, problems: [expect.stringMatching(/^agent\.json: spool\.limitBytes: /)] });
  });
});

it('names environment settings that nobody reads', () => {
  const environment = {
    PATH: '/bin',
    AIRIS_HTTP: '127.0.0.1:0',
    AIRIS_DATADIR: '/var',
    AIRIS_NOTHING_LIKE_IT: '1',
    AIRIS_AGENT_X: '',
  };
  const names = { prefix: 'AIRIS_', foreignPrefixes: ['AIRIS_AGENT_'] };
  expect(unknownEnvironmentNames(environment, ['AIRIS_HTTP', 'AIRIS_DATA_DIR'], names)).toEqual([
    'environment: unknown key AIRIS_DATADIR; did you mean AIRIS_DATA_DIR?',
    'environment: unknown key AIRIS_NOTHING_LIKE_IT',
  ]);
});
