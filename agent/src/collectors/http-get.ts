import { get } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}
export type HttpGet = (url: string, limits: { timeoutMs: number; maxBytes: number }) => Promise<HttpAnswer>;

const loopbackHost = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/;

/**
 * GET over plain HTTP from this very host. Names other than `localhost` are refused, so that no configuration can make
 * the agent fetch from elsewhere; redirects are not followed.
 */
export const httpGetLoopback: HttpGet = (url, { timeoutMs, maxBytes }) => {
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' || !loopbackHost.test(parsed.hostname)) {
    return Promise.reject(new Error(`${url}: collectors may only ask http on loopback`));
  }
  return new Promise((resolve, reject) => {
    const request = get(parsed, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on('data', (part: Buffer) => {
        length += part.length;
        if (length > maxBytes) response.destroy(new Error(`${url} answered more than ${maxBytes} bytes`));
        else parts.push(part);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
  });
};
