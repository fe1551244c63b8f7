export type SqlDialect = 'mysql' | 'postgresql';

/** Longer statements are read up to here; what is behind leaves in no form. */
const READ_LIMIT = 16_384;
/** Of the words that leave. */
export const STATEMENT_LIMIT = 300;
const IDENTIFIER_LIMIT = 64;

const blank = /[\s\p{Cc}\p{Cf}]+/uy;
/** Above ASCII all but blanks and controls: what MySQL takes for part of a name, less what would break a line. */
const word =
  /[[\p{L}_@\u{80}-\u{10ffff}]--[\s\p{Cc}\p{Cf}\p{Cs}]][[\p{L}\p{N}_$@\u{80}-\u{10ffff}]--[\s\p{Cc}\p{Cf}\p{Cs}]]*/vy;
/** Greedy on purpose: a name that begins with a digit goes too. */
const number = /(?:\d|\.\d)(?:[eE][+-]?\d|[\p{L}\p{N}_.$])*/uy;
const parameter = /\$\d+/y;
const dollarTag = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const stringPrefix = /^(?:[bnx]|u&)$/i;

/**
 * A statement as it may leave the host: no literals, no comments, lists of values as one, on one line, at most
 * STATEMENT_LIMIT characters. Linear in what it reads.
 */
export function statementText(sql: string, dialect: SqlDialect): string {
  const text = sql.slice(0, READ_LIMIT);
  const words: string[] = [];
  let length = 0;
  let at = 0;
  const put = (token: string) => {
    words.push(token);
    length += token.length + 1;
  };
  // Twice the limit, because lists shrink afterwards; a list of thousands is not gathered at all.
  while (at < text.length && length < 8 * STATEMENT_LIMIT) {
    const skipped = skipBlank(text, at, dialect);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const char = text[at]!;
    const isQuoted = char === '`' ? dialect === 'mysql' : char === '"' && dialect === 'postgresql';
    if (isQuoted) {
      const end = endOfQuoted(text, at, char, 'doubled');
      // Cut off: nobody can tell what it is.
      put(end === null ? '?' : printable(text.slice(at, Math.min(end, at + IDENTIFIER_LIMIT))));
      at = end ?? text.length;
    } else if (char === "'" || char === '"') {
      const isEscaped = dialect === 'postgresql' && /^e$/i.test(words.at(-1) ?? '') && /e/i.test(text[at - 1] ?? '');
      if (isEscaped || (stringPrefix.test(words.at(-1) ?? '') && /[bnx&]/i.test(text[at - 1] ?? ''))) words.pop();
      put('?');
      const end = endOfQuoted(text, at, char, isEscaped ? 'escaped' : 'unsure');
      at = end ?? text.length;
    } else if (char === '$' && dialect === 'postgresql') {
      const found = matchAt(parameter, text, at);
      const tag = matchAt(dollarTag, text, at);
      if (found === null && tag === null) {
        at += 1;
        continue;
      }
      put('?');
      const close = tag === null ? -1 : text.indexOf(tag, at + tag.length);
      at = tag === null ? at + found!.length : close < 0 ? text.length : close + tag.length;
    } else {
      const value = matchAt(number, text, at);
      const name = value === null ? matchAt(word, text, at) : null;
      if (value !== null) put('?');
      else if (name !== null)
        put(name.toLowerCase() === 'u' && text[at + 1] === '&' ? 'u&' : name.slice(0, IDENTIFIER_LIMIT));
      // A backslash outside quotes and half of a surrogate pair say nothing.
      else if (/[!-~]/.test(char) && char !== '\\') put(char);
      at += name?.toLowerCase() === 'u' && text[at + 1] === '&' ? 2 : (value ?? name ?? char).length;
    }
  }
  return shorten(words);
}

const matchAt = (pattern: RegExp, text: string, at: number): string | null => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
};

function skipBlank(text: string, at: number, dialect: SqlDialect): number {
  const two = text.slice(at, at + 2);
  // In MySQL `a--1` is a subtraction.
  const isLineComment =
    dialect === 'mysql'
      ? text[at] === '#' || (two === '--' && !/[^\s\p{Cc}]/u.test(text[at + 2] ?? ' '))
      : two === '--';
  if (isLineComment) {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end + 1;
  }
  if (two === '/*') {
    // What MySQL executes is code and no comment; its end mark is left over.
    const executed = dialect === 'mysql' ? /^\/\*M?!\d*/.exec(text.slice(at, at + 12)) : null;
    return executed === null ? endOfComment(text, at, dialect) : at + executed[0].length;
  }
  if (two === '*/' && dialect === 'mysql') return at + 2;
  return at + (matchAt(blank, text, at)?.length ?? 0);
}

/** PostgreSQL's comments nest. */
function endOfComment(text: string, from: number, dialect: SqlDialect): number {
  let depth = 1;
  let at = from + 2;
  while (depth > 0) {
    const close = text.indexOf('*/', at);
    if (close < 0) return text.length;
    const open = dialect === 'postgresql' ? text.slice(at, close).indexOf('/*') : -1;
    depth += open < 0 ? -1 : 1;
    at = open < 0 ? close + 2 : at + open + 2;
  }
  return at;
}

/**
 * Place behind the closing quote; `null` where there is none to be sure of. Whether a backslash before a quote escapes it
 * depends on a setting of the session (`sql_mode`, `standard_conforming_strings`), so all behind one is left out.
 */
function endOfQuoted(text: string, from: number, quote: string, rule: 'doubled' | 'escaped' | 'unsure'): number | null {
  for (let at = from + 1; at < text.length; at++) {
    if (rule !== 'doubled' && text[at] === '\\') {
      let behind = at;
      while (text[behind] === '\\') behind++;
      if (rule === 'unsure' && text[behind] === quote) return null;
      at = rule === 'escaped' ? at + 1 : behind - 1;
    } else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return null;
}

const printable = (text: string) => text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, ' ');

function shorten(words: readonly string[]): string {
  const line = words
    .join(' ')
    .replaceAll(/ ?([.,;)]) ?/g, (_, mark: string) => (mark === '.' ? '.' : mark === ')' ? ') ' : `${mark} `))
    .replaceAll(/\( /g, '(')
    .replaceAll(/(?:[-+] )?\?(?:, (?:[-+] )?\?)+/g, '?')
    .replaceAll(/\(\?\) ?(?:, \(\?\) ?)+/g, '(?) ')
    .replaceAll(/ {2,}/g, ' ')
    .replaceAll(/ ([,;)])/g, '$1')
    .trim();
  return line.length > STATEMENT_LIMIT ? `${line.slice(0, STATEMENT_LIMIT - 1)}…` : line;
}
