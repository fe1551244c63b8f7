/** Stable codes of everything the agent can fail with; the reference page lists them. */
export type AgentErrorCode =
  | 'CONFIG_INVALID'
  | 'CONFIG_UNREADABLE'
  | 'USAGE'
  | 'NOT_ENROLLED'
  | 'IDENTITY_INVALID'
  | 'ENROL_TOKEN_INVALID'
  | 'ENROL_REFUSED'
  | 'ENROL_UNREACHABLE'
  | 'ENROL_CA_MISMATCH'
  | 'ALREADY_RUNNING'
  | 'SPOOL_UNUSABLE'
  | 'SYSLOG_CANNOT_LISTEN'
  | 'SNMP_TRAPS_CANNOT_LISTEN'
  | 'LOCAL_STORE_UNUSABLE'
  | 'JVM_NOT_ATTACHED'
  | 'MODEL_UNUSABLE'
  | 'PROGRAM_NOT_UNPACKED';

/** A failure of the world around the agent: a stable code, the values, and what to do about it. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;
  readonly hint: string;

  constructor(code: AgentErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AgentError';
    this.code = code;
    this.hint = hint;
  }
}

/** Text of anything thrown, at most 300 characters. */
export function errorText(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.slice(0, 300);
}
