/** Bits of the class of a UTF-16 code unit, as log lines use it. */
export const SPACE = 1;
export const LETTER = 2;
export const DIGIT = 4;
export const HEX = 8;
/** Stands inside words: names, numbers, paths and addresses hold it. */
export const INNER = 16;
/** Ends a word: brackets, quotes, separators. */
export const STOP = 32;

const classes = new Uint8Array(65_536).fill(LETTER);
const set = (characters: string, bits: number) => {
  for (const one of characters) classes[one.charCodeAt(0)] = bits;
};
classes.fill(STOP, 0, 128);
classes.fill(SPACE, 0, 33);
set('0123456789', DIGIT | HEX);
for (let code = 65; code <= 90; code++) classes[code] = classes[code + 32] = LETTER | (code <= 70 ? HEX : 0);
set('_.-$@+~/\\', INNER);
set('\u00a0\u3000\u2028\u2029\ufeff', SPACE);
set('，。；：（）［］｛｝＜＞「」『』“”‘’', STOP);

export const classOf = (code: number): number => classes[code]!;
export const isWordClass = (bits: number): boolean => (bits & (LETTER | DIGIT | INNER)) !== 0;

const code = (character: string): number => character.charCodeAt(0);
export const BLANK = code(' ');
export const DOT = code('.');
export const COLON = code(':');
export const SLASH = code('/');
export const BACKSLASH = code('\\');
export const EQUALS = code('=');
export const LESS = code('<');
export const MORE = code('>');
export const MINUS = code('-');
export const PLUS = code('+');
export const AT = code('@');
export const OPEN = code('(');
export const UNDERSCORE = code('_');
export const DOLLAR = code('$');
/** Marks that a value behind `key=` goes on over. */
export const valueJoints: ReadonlySet<number> = new Set([':', '#', '%', '*'].map(code));

/** What ends that which a mark begins. */
export const closingMarks: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['<', '>'],
  ['"', '"'],
  ["'", "'"],
]);
