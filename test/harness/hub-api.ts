import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Calls the API of a hub as its first administrator; throws on an answer that is not 2xx. */
export type HubApi = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** @param http - asked at each call: a hub that was started again may have another address */
export function createHubApi(dataDir: string, http: () => string | Promise<string>): HubApi {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const token = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim();
    const answer = await fetch(`${await http()}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text === '' ? 'null' : text) as T;
  };
}
