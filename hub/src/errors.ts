/**
 * Codes of everything in the world around the hub that can go wrong. They are stable: scripts and the reference page
 * name them. A bug is not here: it fails an assertion and the supervisor starts the process again.
 */
export type HubErrorCode =
  | 'CONFIG_INVALID'
  | 'USAGE'
  | 'DATA_DIR_LOCKED'
  | 'DATA_DIR_UNUSABLE'
  | 'STATE_NEWER'
  | 'STATE_CORRUPT'
  | 'STATE_CONFLICT'
  | 'BROKER_SERVER_MISSING'
  | 'BROKER_SERVER_TOO_OLD'
  | 'BROKER_PORT_TAKEN'
  | 'BROKER_NOT_READY'
  | 'BROKER_UNREACHABLE'
  | 'BROKER_UNVERIFIED_DURABILITY'
  | 'BROKER_STREAM_DRIFT'
  | 'BROKER_STREAM_REFUSED'
  | 'BROKER_REVOKE_FAILED'
  | 'BROKER_BUSY'
  | 'BROKER_EXTERNAL_IDENTITY'
  | 'KEY_UNREADABLE'
  | 'TLS_UNREADABLE'
  | 'HTTP_PORT_TAKEN'
  | 'CHILD_EXITED'
  | 'BACKUP_FAILED'
  | 'AGENT_UNKNOWN'
  | 'USER_UNKNOWN'
  | 'TELEMETRY_UNAVAILABLE'
  | 'TELEMETRY_LOCKED'
  | 'TELEMETRY_NEWER';

/** A failure of the world: what was found, why it matters, and what to do about it. */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly code: HubErrorCode;
  readonly hint: string;

  constructor(code: HubErrorCode, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** The text of whatever was thrown; a library may throw anything. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a system or library error (`ENOENT`, `EADDRINUSE`), or null. */
export function errorCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown)) return null;
  return typeof thrown.code === 'string' ? thrown.code : null;
}
