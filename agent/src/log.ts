export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** One JSON object a line; fields are values of ours (never secrets, never text that was collected). */
export interface Log {
  info(code: string, message: string, fields?: LogFields): void;
  warn(code: string, message: string, fields?: LogFields): void;
  error(code: string, message: string, fields?: LogFields): void;
}

export function createLog(write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  const at = (level: string) => (code: string, message: string, fields?: LogFields) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, code, message, ...fields })}\n`);
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** For tests and for commands whose output is JSON. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
