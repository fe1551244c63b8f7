import { z } from 'zod';
import type { Host } from './host.ts';

/** One question of a bulk read: an MBean or a pattern of them. */
export interface JolokiaRead {
  readonly mbean: string;
  readonly attribute: readonly string[];
}

const MAX_ANSWER_BYTES = 1024 * 1024;

const answers = z.array(z.object({ status: z.int(), value: z.unknown().optional() }));
const attributes = z.record(z.string(), z.unknown());
export type BeanAttributes = z.output<typeof attributes>;

/**
 * Reads MBeans through Jolokia's HTTP protocol, all in one POST.
 *
 * @returns for each question its answer: attributes by MBean name for a pattern, attributes by name for one MBean;
 *   `null` where there is no such MBean
 * @see https://jolokia.org/reference/html/manual/jolokia_protocol.html
 */
export async function readBeans(
  host: Host,
  url: string,
  reads: readonly JolokiaRead[],
  timeoutMs: number,
  authorization?: string,
): Promise<(BeanAttributes | null)[]> {
  const body = JSON.stringify(reads.map((read) => ({ type: 'read', ...read })));
  // The JVM agent knows its context only with a slash at the end.
  const answer = await host.http?.(url.endsWith('/') ? url : `${url}/`, {
    timeoutMs,
    maxBytes: MAX_ANSWER_BYTES,
    body,
    authorization,
  });
  if (answer === undefined) throw new Error('no capability to ask http');
  if (answer.status !== 200) throw new Error(`Jolokia answered with status ${answer.status}`);
  return parseBeans(answer.text, reads.length);
}

export function parseBeans(text: string, expected: number): (BeanAttributes | null)[] {
  const parsed = answers.parse(JSON.parse(text));
  if (parsed.length !== expected) throw new Error(`Jolokia answered ${parsed.length} of ${expected} questions`);
  return parsed.map(({ status, value }) => (status === 200 ? (attributes.safeParse(value).data ?? null) : null));
}

/** `Catalina:name="http-nio-8080",type=ThreadPool` → its domain and keys, without the quotes round values. */
export function beanName(name: string): { readonly domain: string; readonly keys: ReadonlyMap<string, string> } {
  const colon = name.indexOf(':');
  const keys = new Map<string, string>();
  for (const [, key, quoted, plain] of name.slice(colon + 1).matchAll(/([^=,]+)=(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g)) {
    if (key !== undefined) keys.set(key, quoted ?? plain ?? '');
  }
  return { domain: name.slice(0, Math.max(0, colon)), keys };
}

/** A finite number under a key, else `null`. */
export function numberIn(values: BeanAttributes | null | undefined, key: string): number | null {
  const value = values?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
