import { semconv } from '@airis/protocol';

const { severityNumber } = semconv;

const byWord: Readonly<Record<string, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  err: 17,
  error: 17,
  severe: 17,
  exception: 17,
  crit: 21,
  critical: 21,
  fatal: 21,
  alert: 21,
  emerg: 21,
  panic: 21,
};

/** As far as a line is searched: a level stands near its start. */
const SEARCHED_LENGTH = 240;
const words = 'trace|debug|info|notice|warn|warning|err|error|severe|crit|critical|fatal|alert|emerg|panic';
const keyed = new RegExp(`["']?(?:level|severity|lvl|loglevel)["']?\\s*[=:]\\s*["']?(${words})\\b`, 'i');
const bracketed = new RegExp(`[[<](${words})[\\]>:]`, 'i');
const upperWord = new RegExp(`\\b(${words.toUpperCase()})\\b`);
const failure = /\b(?:[A-Z]\w*(?:Exception|Error)|Traceback \(most recent|segfault|panic:|error:|failed\b)/;
const httpStatus = /" ([1-5]\d\d) /;

/**
 * How bad a line says it is: a level as key and value, in brackets, as a word in capitals, else the status of a web
 * request, else the words of a failure. 0 when it says nothing.
 */
export function severityOf(text: string): number {
  const head = text.length > SEARCHED_LENGTH ? text.slice(0, SEARCHED_LENGTH) : text;
  const level = keyed.exec(head) ?? bracketed.exec(head) ?? upperWord.exec(head);
  if (level !== null) return byWord[level[1]!.toLowerCase()] ?? severityNumber.unknown;
  const status = httpStatus.exec(head);
  if (status !== null) return status[1]!.startsWith('5') ? severityNumber.error : severityNumber.info;
  return failure.test(head) ? severityNumber.error : severityNumber.unknown;
}

/** Priority of syslog and journald, 0 (emerg) to 7 (debug). */
export function severityOfPriority(priority: number): number {
  return [21, 21, 21, 17, 13, 10, 9, 5][priority] ?? severityNumber.unknown;
}
