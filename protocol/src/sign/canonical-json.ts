/** A value that has exactly one JSON text. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const MAX_DEPTH = 32;

/**
 * The one text of a JSON value: keys in order of their UTF-16 units, no spaces, numbers as ECMAScript writes them.
 * `null` for what has no such text: `undefined`, non-finite numbers, halves of surrogate pairs, more than 32 levels.
 *
 * @see RFC 8785, JSON Canonicalization Scheme
 */
export function canonicalJson(value: unknown, depth = 0): string | null {
  if (depth > MAX_DEPTH) return null;
  switch (typeof value) {
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : null;
    case 'string':
      return value.isWellFormed() ? JSON.stringify(value) : null;
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalArray(value, depth) : canonicalObject(value, depth);
    default:
      return null;
  }
}

function canonicalArray(items: readonly unknown[], depth: number): string | null {
  const texts: string[] = [];
  // By index: a hole is `undefined` and refused, where `map` would skip it.
  for (let i = 0; i < items.length; i++) {
    const text = canonicalJson(items[i], depth + 1);
    if (text === null) return null;
    texts.push(text);
  }
  return `[${texts.join(',')}]`;
}

function canonicalObject(object: object, depth: number): string | null {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return null;
  const texts: string[] = [];
  for (const [key, value] of Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = canonicalJson(value, depth + 1);
    if (text === null || !key.isWellFormed()) return null;
    texts.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${texts.join(',')}}`;
}
