/** Fields of one event. Never a secret: tokens, seeds, passwords and keys have no business here. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export interface Log {
  debug(code: string, message: string, fields?: LogFields): void;
  info(code: string, message: string, fields?: LogFields): void;
  warn(code: string, message: string, fields?: LogFields): void;
  error(code: string, message: string, fields?: LogFields): void;
}

/**
 * One line of JSON per event. Text is cut at 2,000 characters so that a hostile line cannot fill the log.
 *
 * @param write - receives the line with its line feed; standard error by default
 */
export function createLog(
  minimum: LogLevel = 'info',
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  const least = LOG_LEVELS.indexOf(minimum);
  const emit =
    (level: LogLevel) =>
    (code: string, message: string, fields: LogFields = {}) => {
      if (LOG_LEVELS.indexOf(level) < least) return;
      const event = { time: new Date().toISOString(), level, part: 'hub', code, message, ...fields };
      write(`${JSON.stringify(event, (_key, value) => (typeof value === 'string' ? value.slice(0, 2_000) : value))}\n`);
    };
  return { debug: emit('debug'), info: emit('info'), warn: emit('warn'), error: emit('error') };
}
