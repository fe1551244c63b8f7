import { classOf, DIGIT, LETTER } from './characters.ts';
import { isValue } from './form.ts';

/** Marks between the parts of one value. */
const joints = new Set(': - / . + * # ## , ; = ~ @ | % _ :: // &'.split(' '));
/** Units behind a value that is bounded from one side: `<1 sec`. */
const boundUnits = new Set(
  's sec secs second seconds ms us min mins minutes h hours days'.split(' ').map((unit) => ` ${unit}`),
);
const isListWord = (token: string | undefined): boolean =>
  token !== undefined && (classOf(token.charCodeAt(token.length - 1)) & (LETTER | DIGIT)) !== 0;

/** Values with marks between them and no blank are one value of several parts: `<*>:<*>`, `http://<*>`, `<<*> sec`. */
export function joinCompounds(tokens: readonly string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at < tokens.length; ) {
    let end = at + headLength(tokens, at);
    if (isValue(tokens[end - 1]!)) end = endOfJoined(tokens, end);
    out.push(end - at > 1 ? compoundOf(tokens, at, end) : tokens[at]!);
    at = end;
  }
  return out;
}

/** Tokens that are one by themselves: a bounded value with its unit, an address, a list of words without blanks. */
function headLength(tokens: readonly string[], at: number): number {
  const token = tokens[at]!;
  const mark = token.trim();
  if ((mark === '<' || mark === '>') && tokens[at + 1] === '<*>') return boundUnits.has(tokens[at + 2] ?? '') ? 3 : 2;
  if (tokens[at + 1] === ':' && tokens[at + 2] === '//' && tokens[at + 3] === '<*>') return 4;
  let end = at + 1;
  // Before `=`, `:` or `(` the last word is a name of its own.
  while (
    isListWord(tokens[end - 1]) &&
    tokens[end] === ',' &&
    isListWord(tokens[end + 1]) &&
    !tokens[end + 1]!.startsWith(' ') &&
    !'=:('.includes((tokens[end + 2] ?? '.').trim())
  ) {
    end += 2;
  }
  return end - at;
}

function endOfJoined(tokens: readonly string[], from: number): number {
  let end = from;
  for (;;) {
    let marks = end;
    while (marks < tokens.length && marks - end < 3 && joints.has(tokens[marks]!)) marks++;
    if (marks === end) return end;
    // A word between two values of one compound is a value too.
    const isBetween =
      tokens[marks]?.startsWith(' ') === false &&
      tokens[marks + 1] === tokens[end] &&
      isValue(tokens[2 * marks - end + 1] ?? '');
    if (tokens[marks] !== '<*>' && !isBetween) return end;
    end = marks + 1;
  }
}

function compoundOf(tokens: readonly string[], at: number, end: number): string {
  const isList = !tokens.slice(at, end).some(isValue);
  return tokens
    .slice(at, end)
    .map((token, i) =>
      isList || i === 0 || !isListWord(token) || isValue(token) || token.startsWith(' ') ? token : '<*>',
    )
    .join('');
}
