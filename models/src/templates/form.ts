import { classOf, DIGIT, LETTER } from './characters.ts';

export const VALUE = '<*>';
const SPACED_VALUE = ' <*>';
/** One or more words that are values. */
const VALUES = '<**>';
const SPACED_VALUES = ' <**>';

/** What lines have in common: words and marks that stay, and values. Others may have been merged into it. */
export interface Form {
  readonly id: number;
  /** A token has a leading blank where white space stands before it. One that holds `<*>` is a value. */
  tokens: readonly string[];
  lines: number;
  /** The form that speaks for this one since a merge. */
  mergedInto: Form | null;
  /** A merge made some of its values; whatever fits them belongs to it. */
  isWide: boolean;
  /** How it reads, once somebody asked. */
  text: string | null;
}

/** The form that speaks for this one; shortens the way there. */
export function resolve(form: Form): Form {
  let one = form;
  while (one.mergedInto !== null) {
    if (one.mergedInto.mergedInto !== null) one.mergedInto = one.mergedInto.mergedInto;
    one = one.mergedInto;
  }
  return one;
}

export const isValue = (token: string): boolean => token.includes('<*');
export const isSpaced = (token: string): boolean => token.charCodeAt(0) === 32;
export const valueLike = (token: string): string => (isSpaced(token) ? SPACED_VALUE : VALUE);
export const valuesLike = (token: string): string => (isSpaced(token) ? SPACED_VALUES : VALUES);
export const isValues = (token: string): boolean => token === VALUES || token === SPACED_VALUES;
export const bare = (token: string): string => (isSpaced(token) ? token.slice(1) : token);

/** Whether a token is a word that could stand for a value: it holds a letter or a digit. */
export function isWord(token: string): boolean {
  if (isValue(token)) return false;
  for (let i = 0; i < token.length; i++) if ((classOf(token.charCodeAt(i)) & (LETTER | DIGIT)) !== 0) return true;
  return false;
}

export const keyOf = (tokens: readonly string[]): string => tokens.join('\u0001');

/** Values side by side are one of any number of words. */
export function joinValues(tokens: readonly string[]): readonly string[] {
  let joined: string[] | null = null;
  for (let i = 1; i < tokens.length; i++) {
    const token = tokens[i]!;
    const before = joined === null ? tokens[i - 1]! : joined.at(-1)!;
    if (isValue(token) && isSpaced(token) && isValue(before)) {
      joined ??= tokens.slice(0, i);
      joined[joined.length - 1] = valuesLike(before);
    } else joined?.push(token);
  }
  return joined ?? tokens;
}

/** The template as people read it: neighbouring values are one. */
export function textOf(tokens: readonly string[]): string {
  let text = tokens.join('').replaceAll(VALUES, VALUE).trim();
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replaceAll('<*><*>', VALUE).replaceAll('<*> <*>', VALUE);
  }
  return text;
}

/** Whether a line of these tokens belongs to the form `wide`. */
export function fits(wide: readonly string[], tokens: readonly string[], at = 0, from = 0): boolean {
  let i = at;
  let j = from;
  for (; i < wide.length; i++, j++) {
    const one = wide[i]!;
    if (isValues(one)) {
      if (j >= tokens.length || isSpaced(one) !== isSpaced(tokens[j]!)) return false;
      // Shortest first: what stands behind is usually a word that ends it.
      for (; j < tokens.length && isFreeText(tokens[j]!); j++) {
        if (fits(wide, tokens, i + 1, j + 1)) return true;
      }
      return false;
    }
    if (j >= tokens.length) return false;
    const other = tokens[j]!;
    if (one === other) continue;
    if (!isValue(one) || isSpaced(one) !== isSpaced(other) || !isFreeText(other)) return false;
  }
  return j === tokens.length;
}

/** What may stand in the place of a value. */
export const isValueOrWord = (token: string): boolean => isValue(token) || isWord(token);

/** The same where a value has several words: few marks stand between them. */
export const isFreeText = (token: string): boolean =>
  isValueOrWord(token) || token === ',' || token === '-' || token === ' -';
