import { describe, expect, it } from 'vitest';
import { placeholders, quoteText, setStatement } from './session-pool.ts';

describe('setStatement', () => {
  it('resets what the last query wanted and sets what this one wants, as text that cannot break out', () => {
    const scope = { settings: new Map([['max_threads', '2']]), parameters: new Map([['name', "it's \\ all"]]) };
    expect(setStatement(new Set(['max_threads', 'max_rows']), scope)).toBe(
      "SET max_rows = DEFAULT, max_threads = '2', param_name = 'it\\'s \\\\ all'",
    );
  });
});

it('finds placeholders', () => {
  expect([...placeholders('SELECT {a:String}, { b : Array(UInt8) }, {"c": 1}')]).toEqual(['a', 'b']);
});

it('quotes texts', () => {
  expect(quoteText("a'b\\")).toBe("'a\\'b\\\\'");
});
