import type { Merge } from './consolidate.ts';
import { type Form, isValue, keyOf, valueLike } from './form.ts';

/** Forms that differ only in how their values are built (`<*>` here, `<*>:<*>` there) are one. */
export function mergeValueShapes(forms: readonly Form[]): Merge[] {
  const bySkeleton = new Map<string, { tokens: readonly string[]; members: Form[] }>();
  for (const form of forms) {
    if (!form.tokens.some(isValue)) continue;
    const tokens = form.tokens.map((token) => (isValue(token) && !token.includes('<**>') ? valueLike(token) : token));
    const key = keyOf(tokens);
    const known = bySkeleton.get(key);
    if (known === undefined) bySkeleton.set(key, { tokens, members: [form] });
    else known.members.push(form);
  }
  const merges: Merge[] = [];
  for (const { tokens, members } of bySkeleton.values()) {
    if (members.length < 2) continue;
    // A value that is built the same way everywhere stays as it is.
    const first = members[0]!.tokens;
    merges.push({
      members,
      tokens: tokens.map((token, at) => (members.every((form) => form.tokens[at] === first[at]) ? first[at]! : token)),
    });
  }
  return merges;
}
