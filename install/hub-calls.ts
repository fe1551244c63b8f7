import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The API of the hub that was just started, as its first administrator. */
export interface HubCalls {
  readonly dataDir: string;
  post<T>(path: string, body: object): Promise<T>;
}

export function createHubCalls(http: string, dataDir: string): HubCalls {
  return {
    dataDir,
    async post<T>(path: string, body: object): Promise<T> {
      const file = process.env.AIRIS_BOOTSTRAP_TOKEN_FILE ?? join(dataDir, 'admin.token');
      const answer = await fetch(`${http}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${readFileSync(file, 'utf8').trim()}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as T;
    },
  };
}
