import type { z } from 'zod';
import { ok, type Result, refused } from './result.ts';

export type JsonRefusal = 'too-large' | 'not-utf8' | 'not-json' | 'wrong-shape';

/**
 * Reads a message of JSON that may come from anywhere. Unknown fields are dropped, numbers are finite (`1e999` is
 * refused), and bytes that are no UTF-8 are refused, not repaired.
 */
export function parseJson<S extends z.ZodType>(
  schema: S,
  bytes: Uint8Array,
  maxBytes: number,
): Result<z.output<S>, JsonRefusal> {
  if (bytes.length > maxBytes) return refused('too-large', `${bytes.length} bytes, limit ${maxBytes}`);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return refused('not-utf8', `${bytes.length} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refused('not-json', cause instanceof Error ? cause.message.slice(0, 200) : 'no reason given');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  return refused('wrong-shape', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`.slice(0, 300));
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
