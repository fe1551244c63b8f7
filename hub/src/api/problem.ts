import { STATUS_CODES } from 'node:http';
import { errorCode, errorText, HubError } from '../errors.ts';
import { ApiError } from './api-error.ts';
import type { Problem } from './types.ts';

/** Whatever was thrown as a problem document. What is not ours to tell becomes `INTERNAL` without its text. */
export function toProblem(thrown: unknown, requestId: string): Problem {
  const error = asApiError(thrown);
  return {
    type: `urn:airis:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.issues === undefined ? {} : { issues: [...error.issues] }),
  };
}

function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof HubError && thrown.code === 'TELEMETRY_UNAVAILABLE') {
    return new ApiError(503, 'ENGINE_AWAY', thrown.message, { hint: thrown.hint, cause: thrown });
  }
  switch (errorCode(thrown)) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ApiError(413, 'BODY_TOO_LARGE', 'the request body is larger than this path allows');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ApiError(415, 'UNSUPPORTED_MEDIA_TYPE', 'send application/json');
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new ApiError(400, 'BAD_JSON', errorText(thrown));
    default:
      if (thrown instanceof SyntaxError && 'statusCode' in thrown) {
        return new ApiError(400, 'BAD_JSON', 'the request body is not JSON', { cause: thrown });
      }
      return new ApiError(500, 'INTERNAL', 'the hub failed to answer', {
        hint: 'look for the requestId in the hub log',
        cause: thrown,
      });
  }
}
