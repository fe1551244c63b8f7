import { absorb } from './absorb.ts';
import { type Form, isValues, joinValues, resolve, textOf } from './form.ts';
import { mergeFrames } from './merge-frames.ts';
import { mergeLists } from './merge-lists.ts';
import { mergeSiblings } from './merge-siblings.ts';
import { mergeSpans } from './merge-spans.ts';
import { mergeValueShapes } from './merge-value-shapes.ts';

/** Looks at all forms and says which are one: members, and the tokens of what they are together. */
export type MergeRule = (forms: readonly Form[]) => Merge[];

export interface Merge {
  readonly members: readonly Form[];
  readonly tokens: readonly string[];
}

/** In the order of their certainty: what an early rule merged is evidence for the later ones. */
const rules: readonly MergeRule[] = [mergeValueShapes, mergeSiblings, mergeFrames, mergeLists, mergeSpans, absorb];
const ROUND_LIMIT = 8;

/** Merges forms that are one template until no rule finds more. The oldest member speaks for all. */
export function consolidate(forms: readonly Form[]): Form[] {
  let live = sameText(forms.filter((form) => form.mergedInto === null));
  for (let round = 0; round < ROUND_LIMIT; round++) {
    let merged = 0;
    for (const rule of rules) {
      for (;;) {
        let now = 0;
        for (const { members, tokens } of rule(live)) now += apply(members, tokens);
        if (now === 0) break;
        merged += now;
        live = sameText(live.filter((form) => form.mergedInto === null));
      }
    }
    if (merged === 0) break;
  }
  return live;
}

/** How many forms fewer there are. A member that another rule has just changed is left for the next round. */
function apply(members: readonly Form[], tokens: readonly string[]): number {
  const open = [...new Set(members.map(resolve))];
  if (open.length < 2) return 0;
  const oldest = open.reduce((a, b) => (a.id < b.id ? a : b));
  for (const one of open) {
    if (one === oldest) continue;
    one.mergedInto = oldest;
    oldest.lines += one.lines;
  }
  oldest.tokens = joinValues(tokens);
  oldest.isWide = true;
  oldest.text = null;
  return open.length - 1;
}

/** Forms that read the same are one. */
function sameText(forms: readonly Form[]): Form[] {
  const byText = new Map<string, Form>();
  for (const form of forms) {
    const text = textOf(form.tokens);
    const known = byText.get(text);
    if (known === undefined) byText.set(text, form);
    else {
      const [wider, other] = breadth(form) > breadth(known) ? [form, known] : [known, form];
      other.mergedInto = wider;
      wider.lines += other.lines;
      byText.set(text, wider);
    }
  }
  return [...byText.values()];
}

/** One that takes several words as a value covers more lines than one that takes one. */
const breadth = ({ isWide, tokens }: Form) => (isWide ? 1 : 0) + (tokens.some(isValues) ? 2 : 0);
