import { closingMarks } from './characters.ts';
import type { Merge } from './consolidate.ts';
import { bare, type Form, isValue, keyOf } from './form.ts';

const LENGTHS_NEEDED = 3;

/** `<*>, <*>, <*>` of several lengths is a list: one value. And `x ()` is `x (<*>)` whose value was empty once. */
export function mergeLists(forms: readonly Form[]): Merge[] {
  return [...mergeLengths(forms), ...mergeEmpty(forms)];
}

function mergeLengths(forms: readonly Form[]): Merge[] {
  const byCollapsed = new Map<string, { tokens: readonly string[]; members: Form[] }>();
  for (const form of forms) {
    if (!form.tokens.some(isValue)) continue;
    const tokens = collapse(form.tokens);
    const key = keyOf(tokens);
    const known = byCollapsed.get(key);
    if (known === undefined) byCollapsed.set(key, { tokens, members: [form] });
    else known.members.push(form);
  }
  return [...byCollapsed.values()].filter(
    ({ members }) => new Set(members.map((form) => form.tokens.length)).size >= LENGTHS_NEEDED,
  );
}

function collapse(tokens: readonly string[]): string[] {
  const out: string[] = [];
  for (const token of tokens) {
    const separator = out.at(-1);
    const isNext =
      isValue(token) &&
      out.length > 1 &&
      (separator === ',' || separator === ';' || separator === ' |') &&
      isValue(out.at(-2)!);
    if (isNext) out.pop();
    else out.push(token);
  }
  return out;
}

function mergeEmpty(forms: readonly Form[]): Merge[] {
  const byKey = new Map(forms.map((form) => [keyOf(form.tokens), form]));
  const merges: Merge[] = [];
  for (const form of forms) {
    const { tokens } = form;
    for (let at = 0; at + 2 < tokens.length; at++) {
      if (!isValue(tokens[at + 1]!) || closingMarks.get(bare(tokens[at]!)) !== tokens[at + 2]) continue;
      const empty = byKey.get(keyOf(tokens.toSpliced(at + 1, 1)));
      if (empty !== undefined && empty !== form) merges.push({ members: [form, empty], tokens });
    }
  }
  return merges;
}
