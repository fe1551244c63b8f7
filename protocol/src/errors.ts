export type ProtocolErrorCode = 'NOT_CANONICAL';

/** Something about a message of our own that the caller must put right. Messages of others are refused with a `Result`. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  readonly hint: string;

  constructor(code: ProtocolErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
