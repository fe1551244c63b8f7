import type { Problem } from './types.ts';

/**
 * What went wrong with a request, with the hub's stable code. The console adds three of its own: `HUB_UNREACHABLE`,
 * `HUB_TIMEOUT` and `ANSWER_NOT_JSON`.
 */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly hint: string | undefined;
  readonly requestId: string | undefined;

  constructor(problem: Pick<Problem, 'code' | 'status' | 'detail' | 'hint' | 'requestId'>, options?: ErrorOptions) {
    super(problem.detail, options);
    this.name = 'ApiError';
    this.code = problem.code;
    this.status = problem.status;
    this.hint = problem.hint;
    this.requestId = problem.requestId;
  }
}

/** Turns any answer that is not a success into an `ApiError`, also when a proxy answered in HTML. */
export async function readProblem(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const text = (name: string): string | undefined => {
    const value = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
    return typeof value === 'string' && value !== '' ? value.slice(0, 500) : undefined;
  };
  return new ApiError({
    status: response.status,
    code: text('code') ?? `HTTP_${response.status}`,
    detail: text('detail') ?? text('title') ?? response.statusText,
    hint: text('hint'),
    requestId: text('requestId'),
  });
}

/** A failure before any answer: the hub is down, the network is gone, or the time ran out. */
export function unreachable(cause: unknown): ApiError {
  const isTimeout = cause instanceof DOMException && cause.name === 'TimeoutError';
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new ApiError({ status: 0, code: isTimeout ? 'HUB_TIMEOUT' : 'HUB_UNREACHABLE', detail }, { cause });
}

/** The hub says that there is no such thing: asking again will not help. A name it cannot be asked by is the same to the reader. */
export const isMissing = (error: Error): boolean =>
  error instanceof ApiError && (error.status === 404 || error.status === 400 || error.status === 422);
