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
