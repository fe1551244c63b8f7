/** Codes an answer may carry. Stable: clients branch on them. */
export type ApiErrorCode =
  | 'BAD_REQUEST'
  | 'BAD_JSON'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'NOT_SIGNED_IN'
  | 'SIGN_IN_REFUSED'
  | 'CSRF'
  | 'CROSS_SITE'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'ENROLMENT_REFUSED'
  | 'RATE_LIMITED'
  | 'TOO_MANY_STREAMS'
  | 'ENGINE_AWAY'
  | 'DEMO_REFUSED'
  | 'AGENT_SILENT'
  | 'AGENT_REFUSED'
  | 'ANSWER_INVALID'
  | 'INTERNAL';

export interface RequestIssue {
  readonly path: string;
  readonly message: string;
}

/** An answer other than success, thrown by a route and written by the error handler as problem+json. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: ApiErrorCode;
  readonly hint: string | undefined;
  readonly issues: readonly RequestIssue[] | undefined;

  constructor(
    status: number,
    code: ApiErrorCode,
    detail: string,
    more: { hint?: string; issues?: readonly RequestIssue[]; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.status = status;
    this.code = code;
    this.hint = more.hint;
    this.issues = more.issues;
  }
}

export const notFound = (what: string): ApiError => new ApiError(404, 'NOT_FOUND', `there is no ${what}`);
