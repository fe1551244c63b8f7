import type { Merge } from './consolidate.ts';
import { type Form, isFreeText, isSpaced, isValue, isWord, keyOf, valuesLike } from './form.ts';

const PREFIX_LIMIT = 24;
const MEMBERS_NEEDED = 6;
/** With one word before them only. */
const MEMBERS_NEEDED_AFTER_ONE = 20;
/** Share of the lines that brought a text not seen before: constants come again, free text does not. */
const NOVELTY_NEEDED = 0.3;
/** Words in at least this share of the forms tell templates apart. */
const TELLING_SHARE = 0.3;
const ANCHOR_SHARE = 0.9;
const DEPTH_LIMIT = 12;

/**
 * Values of several words: forms that begin alike and go on in ever new ways. What they share behind the beginning are
 * anchors; the texts between two anchors are a value when most lines bring a new one, and tell templates apart when
 * they come again. The longest such beginning counts.
 */
export function mergeSpans(forms: readonly Form[]): Merge[] {
  const merges: Merge[] = [];
  const taken = new Set<Form>();
  const byPrefix = new Map<string, { from: number; members: Form[] }>();
  for (const form of forms) {
    let key = '';
    const count = Math.min(form.tokens.length - 1, PREFIX_LIMIT);
    for (let at = 0; at < count; at++) {
      key += `${form.tokens[at]}\u0001`;
      let group = byPrefix.get(key);
      if (group === undefined) {
        group = { from: at + 1, members: [] };
        byPrefix.set(key, group);
      }
      group.members.push(form);
    }
  }
  // The longest first.
  const groups = [...byPrefix.values()].sort((a, b) => b.from - a.from);
  for (const { from, members } of groups) {
    if (members.length < MEMBERS_NEEDED) continue;
    const free = members.filter((form) => !taken.has(form));
    const words = free[0]?.tokens.slice(0, from).filter(isWord).length ?? 0;
    if (words === 0 || free.length < (words === 1 ? MEMBERS_NEEDED_AFTER_ONE : MEMBERS_NEEDED)) continue;
    for (const merge of spansOf(free, from, 0)) {
      for (const form of merge.members) taken.add(form);
      merges.push(merge);
    }
  }
  return merges;
}

function spansOf(forms: readonly Form[], from: number, depth: number): Merge[] {
  if (forms.length < MEMBERS_NEEDED || depth > DEPTH_LIMIT) return [];
  const tails = forms.map((form) => form.tokens.slice(from));
  const shares = new Map<string, number>();
  for (const tail of tails) {
    for (const token of new Set(tail)) if (!isValue(token)) shares.set(token, (shares.get(token) ?? 0) + 1);
  }
  const telling = [...shares]
    .filter(
      ([token, count]) => isWord(token) && count >= TELLING_SHARE * forms.length && count < ANCHOR_SHARE * forms.length,
    )
    .sort((a, b) => b[1] - a[1])[0]?.[0];
  if (telling !== undefined) {
    return [true, false].flatMap((has) =>
      spansOf(
        forms.filter((_, i) => tails[i]!.includes(telling) === has),
        from,
        depth + 1,
      ),
    );
  }
  const anchors = anchorsOf(tails, shares, forms.length);
  const cuts: string[][][] = [];
  const members: Form[] = [];
  for (const [i, tail] of tails.entries()) {
    const cut = cutAt(tail, anchors);
    if (cut === null) continue;
    cuts.push(cut);
    members.push(forms[i]!);
  }
  if (members.length < MEMBERS_NEEDED) return [];
  const lines = members.reduce((sum, form) => sum + form.lines, 0);
  let isLoose = false;
  let dullest = -1;
  let dullestCount = Number.POSITIVE_INFINITY;
  const spans: (readonly string[])[] = [];
  for (let at = 0; at <= anchors.length; at++) {
    const texts = cuts.map((cut) => cut[at]!);
    const distinct = new Set(texts.map(keyOf));
    if (distinct.size === 1) {
      spans.push(texts[0]!);
      continue;
    }
    const isNovel =
      distinct.size >= MEMBERS_NEEDED &&
      distinct.size >= NOVELTY_NEEDED * lines &&
      texts.every((text) => text.length > 0 && text.every(isFreeText));
    if (!isNovel) {
      if (distinct.size < dullestCount) {
        dullest = at;
        dullestCount = distinct.size;
      }
      spans.push([]);
      continue;
    }
    isLoose = true;
    const isSpacedEverywhere = texts.every((text) => isSpaced(text[0]!));
    if (!isSpacedEverywhere && texts.some((text) => isSpaced(text[0]!))) return [];
    spans.push([valuesLike(texts[0]![0]!)]);
  }
  if (dullest >= 0) {
    const texts = new Map(members.map((form, i) => [form, keyOf(cuts[i]![dullest]!)]));
    const parts = Map.groupBy(members, (form) => texts.get(form)!);
    return [...parts.values()].flatMap((part) => spansOf(part, from, depth + 1));
  }
  if (!isLoose) return [];
  const tokens = [...members[0]!.tokens.slice(0, from)];
  for (const [at, span] of spans.entries()) {
    tokens.push(...span);
    if (at < anchors.length) tokens.push(anchors[at]!);
  }
  return [{ members, tokens }];
}

/** Tokens that nearly every tail holds once, in the order of the first tail that has them all. */
function anchorsOf(
  tails: readonly (readonly string[])[],
  shares: ReadonlyMap<string, number>,
  count: number,
): string[] {
  const common = new Set([...shares].filter(([, share]) => share >= ANCHOR_SHARE * count).map(([token]) => token));
  const model = tails.find((tail) => [...common].every((token) => tail.includes(token)));
  if (model === undefined) return [];
  return model.filter(
    (token, at) => common.has(token) && model.indexOf(token) === at && model.lastIndexOf(token) === at,
  );
}

function cutAt(tail: readonly string[], anchors: readonly string[]): string[][] | null {
  const cut: string[][] = [];
  let from = 0;
  for (const anchor of anchors) {
    const at = tail.indexOf(anchor, from);
    if (at < 0) return null;
    cut.push(tail.slice(from, at));
    from = at + 1;
  }
  cut.push(tail.slice(from));
  return cut;
}
