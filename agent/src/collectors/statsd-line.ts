import { type Attributes, canonicalAttributes, ok, type Result, refused } from '@airis/protocol';

export type StatsdKind = 'counter' | 'gauge' | 'timer' | 'histogram' | 'set';

export interface StatsdSample {
  readonly name: string;
  readonly kind: StatsdKind;
  /** Several where a client packs them (`x:1:2:3|h`); as text for sets. */
  readonly values: readonly string[];
  /** Share of the events that were sent, 0 < rate <= 1. */
  readonly rate: number;
  readonly attributes: Attributes;
  /** Same for the same attributes in any order. */
  readonly attributesKey: string;
}

export type StatsdRefusal = 'statsd-malformed' | 'statsd-unsupported' | 'statsd-bad-tags';

const NAME = /^[A-Za-z][\w.\-/]*$/;
const MAX_LINE = 1_400;
const MAX_NAME = 160;
const MAX_VALUES = 100;
const MAX_SET_VALUE = 128;
const MAX_TAGS = 10;
const MAX_TAG_KEY = 64;
const MAX_TAG_VALUE = 128;
/** A rate below this would make millions of one event. */
const LEAST_RATE = 1e-6;

const kinds: Readonly<Record<string, StatsdKind>> = {
  c: 'counter',
  g: 'gauge',
  ms: 'timer',
  h: 'histogram',
  d: 'histogram',
  s: 'set',
};
const noTags = { attributes: {}, attributesKey: canonicalAttributes({}) };

/**
 * One line of StatsD, also as DogStatsD writes it: `name:value|type|@rate|#tag:value,tag`. Blanks in names become `_`;
 * nothing else does, because an address without its `@` would pass the gate unseen. Container ids and times (`|c:`, `|T`) do not matter here; events and service checks are unsupported.
 */
export function parseStatsd(line: string): Result<StatsdSample, StatsdRefusal> {
  if (line.length > MAX_LINE) return malformed(line);
  if (/^_(?:e\{|sc\|)/.test(line)) return refused('statsd-unsupported', line.slice(0, 20));
  const [said = '', type = '', ...more] = line.split('|');
  const colon = said.indexOf(':');
  const name = said.slice(0, colon).replaceAll(' ', '_');
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (colon < 1 || name.length > MAX_NAME || !NAME.test(name) || kind === undefined) return malformed(line);

  const text = said.slice(colon + 1);
  const values = kind === 'set' ? [text] : text.split(':');
  const areGood = kind === 'set' ? text !== '' && text.length <= MAX_SET_VALUE : values.every(isNumber);
  if (!areGood || values.length > MAX_VALUES) return malformed(line);

  let rate = 1;
  let tags: string | null = null;
  for (const field of more) {
    if (field.startsWith('@')) rate = isNumber(field.slice(1)) ? Number(field.slice(1)) : Number.NaN;
    else if (field.startsWith('#')) tags = field.slice(1);
    else if (!/^(?:c:|T\d|e:|card:)/.test(field)) return malformed(line);
  }
  if (!(rate >= LEAST_RATE && rate <= 1)) return malformed(line);
  if (tags === null || tags === '') return ok({ name, kind, values, rate, ...noTags });
  const attributes = tagsOf(tags);
  if (attributes === null) return refused('statsd-bad-tags', line.slice(0, 100));
  return ok({ name, kind, values, rate, attributes, attributesKey: canonicalAttributes(attributes) });
}

const malformed = (line: string) => refused('statsd-malformed', line.slice(0, 100));

const isNumber = (text: string): boolean =>
  text.length <= 32 && /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})?$/i.test(text) && Math.abs(Number(text)) <= 1e15;

/** `null` where there are more or longer ones than a series may have: without them series would mix. */
function tagsOf(text: string): Attributes | null {
  const tags = text.split(',');
  if (tags.length > MAX_TAGS) return null;
  const attributes: Record<string, string> = {};
  for (const tag of tags) {
    const colon = tag.indexOf(':');
    const said = colon < 0 ? tag : tag.slice(0, colon);
    const key = said.replaceAll(' ', '_');
    const value = colon < 0 ? 'true' : tag.slice(colon + 1).replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
    if (!NAME.test(key) || key.length > MAX_TAG_KEY || value.length > MAX_TAG_VALUE) return null;
    attributes[key] = value;
  }
  return attributes;
}
