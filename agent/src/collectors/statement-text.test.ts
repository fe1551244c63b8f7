import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SqlDialect, STATEMENT_LIMIT, statementText } from './statement-text.ts';

describe('statement text', () => {
  it.each<{ name: string; dialect: SqlDialect; sql: string; want: string }>([
    {
      name: 'a list',
      dialect: 'mysql',
      sql: 'SELECT * FROM t WHERE a IN (1, -2,\'x\') AND b="y"',
      want: 'SELECT * FROM t WHERE a IN (?) AND b = ?',
    },
    {
      name: 'rows of values',
      dialect: 'mysql',
      sql: "INSERT INTO t(a,b) VALUES (1,'a'),(2,'b')",
      want: 'INSERT INTO t (a, b) VALUES (?)',
    },
    { name: 'doubled quotes', dialect: 'mysql', sql: "SELECT 'it''s' x", want: 'SELECT ? x' },
    { name: 'a harmless backslash', dialect: 'mysql', sql: "SELECT 'a\\nb' x", want: 'SELECT ? x' },
    { name: 'a backslash before a quote', dialect: 'mysql', sql: "SELECT 'a\\' secret ' x", want: 'SELECT ?' },
    {
      name: 'comments of MySQL',
      dialect: 'mysql',
      sql: "SELECT a--1 # 'x\n/* secret */ FROM t -- end",
      want: 'SELECT a - - ? FROM t',
    },
    { name: 'executed comments', dialect: 'mysql', sql: "SELECT /*!50000 'a*/b' */ x", want: 'SELECT ? x' },
    {
      name: 'hexadecimal and exponents',
      dialect: 'mysql',
      sql: "SELECT 0xDEAD, 1.5e-3, .5, x'ff', N'a'",
      want: 'SELECT ?',
    },
    { name: 'nested comments', dialect: 'postgresql', sql: 'SELECT /* a /* b */ secret */ 1', want: 'SELECT ?' },
    {
      name: 'dollar quotes',
      dialect: 'postgresql',
      sql: "SELECT $x$it's $$ me$x$, $$b$$ , $1 FROM t",
      want: 'SELECT ? FROM t',
    },
    {
      name: 'escaped strings',
      dialect: 'postgresql',
      sql: "SELECT E'a\\'b' , U&'d\\0061' FROM t",
      want: 'SELECT ? FROM t',
    },
    {
      name: 'quoted names',
      dialect: 'postgresql',
      sql: 'SELECT "My Col" FROM s."T" WHERE n=1::int',
      want: 'SELECT "My Col" FROM s."T" WHERE n = ? : : int',
    },
    { name: 'what was cut off', dialect: 'postgresql', sql: "SELECT 1 WHERE n = 'secre", want: 'SELECT ? WHERE n = ?' },
  ])('takes the literals out of $name', ({ dialect, sql, want }) => expect(statementText(sql, dialect)).toBe(want));

  const dialects = fc.constantFrom<SqlDialect>('mysql', 'postgresql');
  const secret = fc.stringMatching(/^[a-z '"\\$*/#;()-]{0,20}$/).map((around) => `${around}HIDDEN${around}`);
  const quoted = (text: string, kind: number, dialect: SqlDialect) => {
    const plain = `'${text.replaceAll('\\', '').replaceAll("'", "''")}'`;
    if (kind === 0) return plain;
    if (dialect === 'mysql') {
      if (kind === 1) return `"${text.replaceAll(/["\\]/g, (c) => `\\${c}`)}"`;
      return kind === 2 ? `/* ${text.replaceAll(/[*!]/g, '')} */` : `'${text.replaceAll(/['\\]/g, (c) => `\\${c}`)}'`;
    }
    if (kind === 1) return `E'${text.replaceAll(/['\\]/g, (c) => `\\${c}`)}'`;
    return kind === 2 ? `/* ${text.replaceAll('*', '')} /* x */ */` : `$q$${text.replaceAll('$', '')}$q$`;
  };

  it('never leaves what stood in a literal or a comment', () => {
    fc.assert(
      fc.property(dialects, fc.array(fc.tuple(secret, fc.nat({ max: 3 })), { maxLength: 6 }), (dialect, parts) => {
        const sql = `SELECT a ${parts.map(([text, kind]) => `, ${quoted(text, kind, dialect)}`).join(' ')} FROM t`;
        expect(statementText(sql, dialect)).not.toContain('HIDDEN');
      }),
    );
  });

  it('never leaves a number', () => {
    const numbers = fc.oneof(
      fc.nat().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.nat().map((n) => `0x${n.toString(16)}`),
    );
    fc.assert(
      fc.property(dialects, fc.array(numbers, { maxLength: 20 }), (dialect, all) => {
        expect(statementText(`SELECT a FROM t WHERE b IN (${all.join(',')}) LIMIT 10`, dialect)).not.toMatch(/\d/);
      }),
    );
  });

  it('leaves one bounded line of whatever comes', () => {
    fc.assert(
      fc.property(dialects, fc.string({ unit: 'binary', maxLength: 400 }), (dialect, sql) => {
        const text = statementText(sql, dialect);
        expect(text.length).toBeLessThanOrEqual(STATEMENT_LIMIT);
        expect(text).not.toMatch(/[\p{Cc}']/u);
      }),
    );
  });

  it.each(['\u0085', '\u009f', '\u200b', '\u2028', '\ud800'])(
    'leaves no unprintable character of a name (%j)',
    (mark) => {
      for (const dialect of ['mysql', 'postgresql'] as const)
        expect(statementText(`SELECT @a${mark}b, ${mark}c FROM t`, dialect)).toBe('SELECT @a b, c FROM t');
    },
  );

  it.each(["'", '"', '(', '/*', '$a$', '\\', "\\'", '1,', '(1),', 'ab ', '$', '-'])(
    'stays bounded for endless %s',
    (piece) => {
      for (const dialect of ['mysql', 'postgresql'] as const) {
        expect(statementText(piece.repeat(2_000_000), dialect).length).toBeLessThanOrEqual(STATEMENT_LIMIT);
      }
    },
  );
});
