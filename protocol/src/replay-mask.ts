/**
 * What of a recorded page may be known. Every event is built anew from what is listed here, so that a field nobody thought
 * of stays out: in the browser before it is sent, on the host, where a sender need not be a browser of ours, and on the hub
 * before somebody looks at it.
 * The form is rrweb's: https://github.com/rrweb-io/rrweb/blob/master/packages/types/src/index.ts
 */
type Fields = Readonly<Record<string, unknown>>;
type Masked = Record<string, unknown>;

const kind = { loaded: 1, full: 2, change: 3, meta: 4 } as const;
const node = { document: 0, doctype: 1, element: 2, text: 3 } as const;
const source = {
  mutation: 0,
  move: 1,
  press: 2,
  scroll: 3,
  resize: 4,
  input: 5,
  touch: 6,
  rule: 8,
  adopted: 15,
} as const;

const MAX_DEPTH = 200;
const MAX_TEXT = 2_000;
const MAX_INPUT = 40;
const MAX_CSS = 400_000;
const MAX_LIST = 20_000;
const MAX_NAME = 40;

/** Tags that would run, fetch or embed something when played are empty boxes instead. */
const boxed = new Set(
  'script noscript img picture source video audio track canvas svg math object embed iframe frame frameset applet base meta template portal'.split(
    ' ',
  ),
);
/** Attributes whose value is a number or one word of HTML's own. */
const plain = new Map<string, RegExp>([
  ...'width height rows cols colspan rowspan size rr_scrollleft rr_scrolltop'
    .split(' ')
    .map((name) => [name, /^-?[\d.]{1,12}(px|%)?$/] as const),
  ...['rr_width', 'rr_height'].map((name) => [name, /^[\d.]{1,12}px$/] as const),
  ['dir', /^(ltr|rtl|auto)$/],
  ['hidden', /^$/],
  ['disabled', /^$/],
  ['multiple', /^$/],
  ['type', /^(text|password|email|tel|url|search|number|date|checkbox|radio|button|submit|reset|range|file)$/],
]);

/** @returns `null` for what is left out or is no event */
export function maskEvent(event: unknown): Masked | null {
  if (!isFields(event)) return null;
  const { type, data } = event;
  const timestamp = numberOf(event.timestamp);
  if (timestamp === null || !isFields(data)) return null;
  if (type === kind.meta) {
    return { type, timestamp, data: { href: 'about:blank', ...numbers(data, ['width', 'height']) } };
  }
  if (type === kind.full) {
    const root = maskNode(data.node, false, 0);
    const { left = 0, top = 0 } = isFields(data.initialOffset) ? numbers(data.initialOffset, ['left', 'top']) : {};
    return root === null ? null : { type, timestamp, data: { node: root, initialOffset: { left, top } } };
  }
  if (type !== kind.change) return type === kind.loaded ? { type, timestamp, data: {} } : null;
  const change = maskChange(data);
  return change === null ? null : { type, timestamp, data: change };
}

function maskChange(data: Fields): Masked | null {
  const base = { source: data.source };
  switch (data.source) {
    case source.mutation:
      return { ...base, ...maskMutation(data) };
    case source.move:
    case source.touch:
      return { ...base, positions: each(data.positions, (one) => numbers(one, ['x', 'y', 'id', 'timeOffset'])) };
    case source.press:
      return { ...base, ...numbers(data, ['type', 'id', 'x', 'y', 'pointerType']) };
    case source.scroll:
      return { ...base, ...numbers(data, ['id', 'x', 'y']) };
    case source.resize:
      return { ...base, ...numbers(data, ['width', 'height']) };
    case source.input:
      // Whether a box is ticked is an answer too.
      return { ...base, ...numbers(data, ['id']), text: masked(data.text, MAX_INPUT), isChecked: false };
    case source.rule:
      return { ...base, ...numbers(data, ['id', 'styleId']), ...maskRules(data) };
    case source.adopted:
      return {
        ...base,
        ...numbers(data, ['id']),
        styleIds: Array.isArray(data.styleIds) ? data.styleIds.filter(Number.isInteger).slice(0, MAX_LIST) : [],
        styles: each(data.styles, (one) => ({
          ...numbers(one, ['styleId']),
          rules: maskRules({ adds: one.rules }).adds,
        })),
      };
    default:
      return null;
  }
}

function maskMutation(data: Fields): Masked {
  return {
    adds: each(data.adds, (one) => {
      const added = maskNode(one.node, false, 0);
      return added === null ? null : { ...links(one), node: added };
    }),
    removes: each(data.removes, (one) => ({ ...links(one), ...(one.isShadow === true ? { isShadow: true } : {}) })),
    texts: each(data.texts, (one) => ({ ...links(one), value: masked(one.value, MAX_TEXT) })),
    attributes: each(data.attributes, (one) => ({
      ...links(one),
      attributes: isFields(one.attributes) ? maskAttributes(one.attributes) : {},
    })),
  };
}

/** Which node it is and where it hangs; no next one is said by null. */
function links(one: Fields): Masked {
  return {
    ...numbers(one, ['id', 'parentId', 'nextId', 'previousId']),
    ...('nextId' in one && one.nextId === null ? { nextId: null } : {}),
  };
}

function maskRules({ adds, removes }: Fields): { adds: Masked[]; removes: Masked[] } {
  const at = ({ index }: Fields): Masked => {
    if (Array.isArray(index)) return { index: index.filter(Number.isInteger).slice(0, MAX_DEPTH) };
    return numberOf(index) === null ? {} : { index };
  };
  return {
    adds: each(adds, (one) => ({ ...at(one), rule: maskCss(one.rule) })),
    removes: each(removes, at),
  };
}

function maskNode(value: unknown, isStyle: boolean, depth: number): Masked | null {
  if (!isFields(value) || depth > MAX_DEPTH) return null;
  const id = numberOf(value.id);
  if (id === null) return null;
  const base: Masked = { type: value.type, id, ...numbers(value, ['rootId']) };
  for (const flag of ['isShadow', 'isShadowHost']) if (value[flag] === true) base[flag] = true;
  const children = (inStyle: boolean): Masked[] =>
    each(value.childNodes, (child) => maskNode(child, inStyle, depth + 1));
  switch (value.type) {
    case node.document:
      return { ...base, childNodes: children(false) };
    case node.doctype:
      return { ...base, name: 'html', publicId: '', systemId: '' };
    case node.text:
      return { ...base, textContent: isStyle ? maskCss(value.textContent) : masked(value.textContent, MAX_TEXT) };
    case node.element: {
      const tag = String(value.tagName).toLowerCase();
      const isBoxed = boxed.has(tag) || value.isSVG === true || !/^[a-z][a-z0-9-]{0,40}$/.test(tag);
      const attributes = isFields(value.attributes) ? maskAttributes(value.attributes) : {};
      // A style sheet of a link is inside of it by now, and a link would fetch.
      const tagName = isBoxed ? 'div' : tag === 'link' ? 'style' : tag;
      return {
        ...base,
        tagName,
        attributes,
        childNodes: isBoxed ? [] : children(tagName === 'style'),
        ...(value.needBlock === true ? { needBlock: true } : {}),
      };
    }
    default:
      // A comment keeps its place, since others are counted from it.
      return { type: 5, id, textContent: '' };
  }
}

function maskAttributes(attributes: Fields): Masked {
  const kept: Masked = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) {
      if (isKept(name)) kept[name] = null;
    } else if (name === 'class' || name === 'id') {
      kept[name] = String(value).slice(0, MAX_TEXT).split(/\s+/).filter(isCodeName).join(' ');
    } else if (name === '_cssText' || name === 'style') {
      // A change of style comes as an object of its declarations.
      if (typeof value === 'string') kept[name] = maskCss(value);
    } else if (plain.get(name)?.test(value === true ? '' : String(value)) === true) {
      kept[name] = value === true ? '' : value;
    }
  }
  return kept;
}

const isKept = (name: string): boolean => plain.has(name) || ['class', 'id', 'style'].includes(name);

/** A name that a programmer gave; one with a long number in it may be somebody's. */
const isCodeName = (name: string): boolean =>
  name.length <= MAX_NAME && /^-?[A-Za-z_][A-Za-z0-9_-]*$/.test(name) && !/\d{4}/.test(name);

/** Layout and colours of a style sheet without what it writes, fetches or takes from attributes. */
export function maskCss(css: unknown): string {
  if (typeof css !== 'string' || css.length > MAX_CSS) return '';
  // What is written by escapes could be anything; nothing is left out without a gap, lest the rest join to a new word.
  return css
    .replace(/\/\*[\s\S]*?(\*\/|$)/g, ' ')
    .replace(/\\[\s\S]?/g, ' ')
    .replace(/@(import|namespace|charset)[^;]*(;|$)/gi, ' ')
    .replace(/"[^"]*("|$)|'[^']*('|$)/g, '""')
    .replace(/\b(url|src|image|image-set|-webkit-image-set|cross-fade)\s*\([^)]*(\)|$)/gi, 'none')
    .replace(/\[[^\]]*(\]|$)/g, '[x]')
    .replace(/<|\bjavascript\b|\bexpression\b/gi, ' ');
}

function masked(text: unknown, max: number): string {
  return typeof text === 'string' ? text.slice(0, max).replace(/\S/gu, '*') : '';
}

function numbers(value: Fields, names: readonly string[]): Record<string, number> {
  const kept: Record<string, number> = {};
  for (const name of names) {
    const found = numberOf(value[name]);
    if (found !== null) kept[name] = found;
  }
  return kept;
}

function each<T>(list: unknown, of: (one: Fields) => T | null): T[] {
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_LIST).flatMap((one: unknown) => (isFields(one) ? (of(one) ?? []) : [])) as T[];
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;
