import { z } from 'zod';
import type { Host } from './host.ts';

/** A Jolokia agent as settings name it. */
export const jolokiaTarget = z
  .strictObject({
    url: z
      .url({ protocol: /^http$/ })
      .refine((url) => new URL(url).username === '' && new URL(url).password === '', 'must not hold a password')
      .describe('of Jolokia, on loopback'),
    user: z.string().min(1).max(200).optional(),
    passwordFile: z.string().min(1).max(1_024).optional().describe('file that holds the password and nothing else'),
  })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
    error: 'user and passwordFile belong together',
  });
export type JolokiaTarget = z.output<typeof jolokiaTarget>;

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
  target: JolokiaTarget,
  reads: readonly JolokiaRead[],
  timeoutMs: number,
): Promise<(BeanAttributes | null)[]> {
  const { url } = target;
  const body = JSON.stringify(reads.map((read) => ({ type: 'read', ...read })));
  // The JVM agent knows its context only with a slash at the end.
  const answer = await host.http?.(url.endsWith('/') ? url : `${url}/`, {
    timeoutMs,
    maxBytes: MAX_ANSWER_BYTES,
    body,
    authorization: await basicOf(host, target),
  });
  if (answer === undefined) throw new Error('no capability to ask http');
  if (answer.status !== 200) throw new Error(`Jolokia answered with status ${answer.status}`);
  return parseBeans(answer.text, reads.length);
}

async function basicOf(host: Host, { user, passwordFile }: JolokiaTarget): Promise<string | undefined> {
  if (user === undefined || passwordFile === undefined) return undefined;
  const password = (await host.readText(passwordFile)).trim();
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
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
