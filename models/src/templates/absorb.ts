import type { Merge } from './consolidate.ts';
import { type Form, fits, isValue, isWord } from './form.ts';

const FRAME_WORDS_NEEDED = 2;
/** A wide form of fewer words takes in only forms so much rarer. */
const LINES_FACTOR = 10;

/** Forms seen before a wider one was found, and covered by it, belong to it. */
export function absorb(forms: readonly Form[]): Merge[] {
  const open = forms.filter((form) => form.isWide && form.tokens.some(isWord));
  const wide = Map.groupBy(open, ({ tokens }) => (isValue(tokens[0]!) ? '' : tokens[0]!));
  const members = new Map<Form, Form[]>();
  for (const form of forms) {
    const cover = [...(wide.get(form.tokens[0]!) ?? []), ...(wide.get('') ?? [])].find(
      (one) =>
        one !== form &&
        isSure(one, form) &&
        fits(one.tokens, form.tokens) &&
        !(form.isWide && fits(form.tokens, one.tokens)),
    );
    if (cover === undefined || members.has(form)) continue;
    const known = members.get(cover);
    if (known === undefined) members.set(cover, [cover, form]);
    else known.push(form);
  }
  return [...members].map(([cover, all]) => ({ members: all, tokens: cover.tokens }));
}

const isSure = (wide: Form, form: Form) =>
  wide.lines >= LINES_FACTOR * form.lines || wide.tokens.filter(isWord).length >= FRAME_WORDS_NEEDED;
