import { nodeHttp } from '../http-module.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}
export interface HttpLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** JSON to post, for questions that do not fit a URL; without it the request is a GET. */
  readonly body?: string;
  /** Header of that name; never part of an error. */
  readonly authorization?: string | undefined;
}
export type HttpGet = (url: string, limits: HttpLimits) => Promise<HttpAnswer>;

const loopbackHost = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/;

/**
 * Asks over plain HTTP on this very host. Names other than `localhost` are refused, so that no configuration can make
 * the agent fetch from elsewhere; redirects are not followed.
 */
export const httpGetLoopback: HttpGet = (url, { timeoutMs, maxBytes, body, authorization }) => {
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' || !loopbackHost.test(parsed.hostname)) {
    return Promise.reject(new Error(`${url}: collectors may only ask http on loopback`));
  }
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(authorization === undefined ? {} : { authorization }),
  };
  const how = { method: body === undefined ? 'GET' : 'POST', headers };
  return new Promise((resolve, reject) => {
    const asked = nodeHttp().request(
      parsed,
      { agent: false, signal: AbortSignal.timeout(timeoutMs), ...how },
      (response) => {
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
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
};
