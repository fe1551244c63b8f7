import type { Merge } from './consolidate.ts';
import { type Form, isValue, isValueOrWord, isWord, valueLike } from './form.ts';
import { distinctWordsNeeded } from './place-needs.ts';

const MEMBERS_NEEDED = 5;
const MEMBERS_NEEDED_AT_START = 12;
const MIN_FRAME_WORDS = 2;
const LONG_FRAME_WORDS = 5;
const MEMBERS_NEEDED_WITH_ONE = 20;
const DEPTH_LIMIT = 24;

/**
 * Lines that differ in several words at once never become siblings. Forms of one length that begin (or end) alike are cut
 * by the column with the fewest distinct words until what varies in a part varies freely: then those columns are values.
 */
export function mergeFrames(forms: readonly Form[]): Merge[] {
  const merges: Merge[] = [];
  const taken = new Set<Form>();
  for (const end of [0, -1]) {
    const open = forms.filter((form) => form.tokens.length >= 3 && !taken.has(form));
    const buckets = Map.groupBy(open, ({ tokens }) => `${tokens.length}\u0001${tokens.at(end)}`);
    for (const bucket of buckets.values()) cut(bucket, merges, taken, 0);
  }
  return merges;
}

function cut(forms: readonly Form[], merges: Merge[], taken: Set<Form>, depth: number): void {
  if (forms.length < 2 || depth > DEPTH_LIMIT) return;
  const { tokens } = forms[0]!;
  const free: number[] = [];
  let frameWords = 0;
  let frameMarks = 0;
  let fewest = -1;
  let fewestCount = Number.POSITIVE_INFINITY;
  const distinctAt: number[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const distinct = new Set(forms.map((form) => form.tokens[at]!));
    distinctAt.push(distinct.size);
    if (distinct.size === 1) {
      if (isWord(tokens[at]!)) frameWords++;
      else if (!isValue(tokens[at]!)) frameMarks++;
      continue;
    }
    free.push(at);
    if (distinct.size < fewestCount) {
      fewest = at;
      fewestCount = distinct.size;
    }
  }
  if (free.length < 2) return;
  const isFree =
    (frameWords >= MIN_FRAME_WORDS || (frameWords === 1 && forms.length >= MEMBERS_NEEDED_WITH_ONE)) &&
    (frameWords + frameMarks / 2 >= free.length || forms.length >= MEMBERS_NEEDED_WITH_ONE) &&
    forms.length >= (free[0] === 0 ? MEMBERS_NEEDED_AT_START : frameWords >= LONG_FRAME_WORDS ? 2 : MEMBERS_NEEDED) &&
    free.every((at) => {
      const tokensThere = forms.map((form) => form.tokens[at]!);
      if (!tokensThere.every(isValueOrWord)) return false;
      return tokensThere.some(isValue) || distinctAt[at]! >= distinctWordsNeeded(tokens, at, tokensThere, frameWords);
    });
  if (isFree) {
    const merged = tokens.map((token, at) => (free.includes(at) ? valueLike(token) : token));
    for (const form of forms) taken.add(form);
    merges.push({ members: forms, tokens: merged });
    return;
  }
  const parts = Map.groupBy(forms, (form) => form.tokens[fewest]!);
  for (const part of parts.values()) cut(part, merges, taken, depth + 1);
}
