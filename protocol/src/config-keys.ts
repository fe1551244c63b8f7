import { z } from 'zod';

/** What is wrong with a configuration, one sentence a key, each naming where it was written. */
export type StrictParse<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Reads configuration that a person wrote. An unknown key of a strict object is named with the nearest known one.
 *
 * @param sourceName - where the value comes from, as the person knows it: a file's path
 */
export function parseStrict<S extends z.ZodType>(
  schema: S,
  value: unknown,
  sourceName: string,
): StrictParse<z.output<S>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, problems: parsed.error.issues.flatMap((issue) => describe(schema, issue, sourceName)) };
}

/** Names of the environment that belong to the product, and those of its other programs that may stand beside them. */
export interface EnvironmentNames {
  readonly prefix: string;
  readonly foreignPrefixes: readonly string[];
}

/** Problems with environment names that nobody reads: a setting misspelt is not silently dropped. */
export function unknownEnvironmentNames(
  environment: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
  { prefix, foreignPrefixes }: EnvironmentNames = { prefix: 'AIRIS_', foreignPrefixes: [] },
): readonly string[] {
  const ours = Object.keys(environment).filter(
    (name) => name.startsWith(prefix) && !foreignPrefixes.some((foreign) => name.startsWith(foreign)),
  );
  return unknownKeys(ours, known, 'environment');
}

/** One sentence for each key that is not known, naming the nearest known one. */
export function unknownKeys(keys: readonly string[], known: readonly string[], sourceName: string): readonly string[] {
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => `${sourceName}: unknown key ${key}${suggestion(key, known)}`);
}

/** The known key that is fewest edits away, or `null` when none is within a third of its length. */
export function nearestKey(unknown: string, known: readonly string[]): string | null {
  const wanted = unknown.slice(0, MAX_KEY_LENGTH).toLowerCase();
  let nearest: string | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const key of known) {
    const edits = editDistance(wanted, key.toLowerCase());
    if (edits < fewest) [nearest, fewest] = [key, edits];
  }
  return nearest !== null && fewest <= Math.max(2, Math.ceil(nearest.length / 3)) ? nearest : null;
}

/** Longer keys are compared by their beginning: the work is bounded. */
const MAX_KEY_LENGTH = 100;

/** Insertions, deletions, replacements and swaps of neighbours. @see Damerau 1964; optimal string alignment */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) edits = Math.min(edits, beforeLast[j - 2]! + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

function describe(schema: z.ZodType, issue: z.core.$ZodIssue, sourceName: string): string[] {
  if (issue.code !== 'unrecognized_keys') {
    const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    return [`${sourceName}: ${where}${issue.message}`];
  }
  const known = keysAt(schema, issue.path);
  return issue.keys.map(
    (key) => `${sourceName}: unknown key ${[...issue.path, key].join('.')}${suggestion(key, known)}`,
  );
}

function suggestion(key: string, known: readonly string[]): string {
  const nearest = nearestKey(key, known);
  return nearest === null ? '' : `; did you mean ${nearest}?`;
}

/** Keys of the object at `path` of the schema; none where the way leads through something else. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const inner = unwrap(schema);
  const [step, ...rest] = path;
  if (inner instanceof z.ZodObject) {
    if (step === undefined) return Object.keys(inner.shape);
    const next: z.core.$ZodType | undefined = inner.shape[String(step)];
    return next === undefined ? [] : keysAt(next, rest);
  }
  if (step === undefined) return [];
  if (inner instanceof z.ZodArray) return keysAt(inner.element, rest);
  if (inner instanceof z.ZodRecord) return keysAt(inner.valueType, rest);
  return [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrap(schema.unwrap());
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema;
}
