import type { Merge } from './consolidate.ts';
import { type Form, isValue, isValueOrWord, isWord, keyOf, valueLike } from './form.ts';
import { distinctWordsNeeded } from './place-needs.ts';

/** Forms longer than this vary in their first tokens only. */
const POSITION_LIMIT = 64;

/** Forms that differ in one word: the word is a value when enough of them do, or when a value was seen there. */
export function mergeSiblings(forms: readonly Form[]): Merge[] {
  const merges: Merge[] = [];
  const taken = new Set<Form>();
  const byRest = new Map<string, { at: number; group: Form[] }>();
  for (const form of forms) {
    const { tokens } = form;
    const count = Math.min(tokens.length, POSITION_LIMIT);
    for (let at = 0; at < count; at++) {
      const token = tokens[at]!;
      if (!isValueOrWord(token)) continue;
      const key = `${at}\u0002${keyOf(tokens.with(at, valueLike(token)))}`;
      const known = byRest.get(key);
      if (known === undefined) byRest.set(key, { at, group: [form] });
      else known.group.push(form);
    }
  }
  const groups = [...byRest.values()].filter(({ group }) => group.length > 1);
  groups.sort((a, b) => b.group.length - a.group.length);
  for (const { at, group } of groups) {
    const free = group.filter((form) => !taken.has(form));
    if (free.length < 2 || !isOpen(free, at)) continue;
    const tokens = free[0]!.tokens.with(at, valueLike(free[0]!.tokens[at]!));
    for (const form of free) taken.add(form);
    merges.push({ members: free, tokens });
  }
  return merges;
}

function isOpen(group: readonly Form[], at: number): boolean {
  const { tokens } = group[0]!;
  const rest = tokens.filter((token, i) => i !== at && isWord(token)).length;
  const isFirst = !tokens.slice(0, at).some(isValueOrWord);
  if (group.some((form) => isValue(form.tokens[at]!))) return rest >= (isFirst ? 3 : 2);
  if (rest === 0 && at === 0) return false;
  const words = group.map((form) => form.tokens[at]!);
  return new Set(words).size >= distinctWordsNeeded(tokens, at, words, rest);
}
