import { severityOf, severityOfPriority } from './severity.ts';

/** One syslog message, taken apart as far as it keeps to RFC 5424 or RFC 3164. */
export interface SyslogMessage {
  /** As the sender names itself; empty where it does not. */
  readonly host: string;
  /** Program or tag; empty where there is none. */
  readonly app: string;
  /** OpenTelemetry severity number. */
  readonly severity: number;
  readonly text: string;
}

const HIGHEST_PRIORITY = 191;
const header = /^<(\d{1,3})>/;
const rfc5424 = /^1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) /;
const rfc3164 = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:([\w.:-]{1,255}) )?/;
const tag = /^([\w./-]{1,48})(?:\[\d{1,10}\])?: ?/;
/** A device of RFC 5424 that has nothing to say of a field writes `-`. */
const orEmpty = (field: string) => (field === '-' ? '' : field);

/** Never fails: what keeps to no RFC is a message without host and app. */
export function parseSyslog(line: string): SyslogMessage {
  const priority = Number(header.exec(line)?.[1] ?? Number.NaN);
  if (!(priority <= HIGHEST_PRIORITY)) return { host: '', app: '', severity: severityOf(line), text: line };
  const severity = severityOfPriority(priority % 8);
  const rest = line.slice(line.indexOf('>') + 1);
  const modern = rfc5424.exec(rest);
  if (modern !== null) {
    const text = withoutStructuredData(rest.slice(modern[0].length));
    return { host: orEmpty(modern[2]!), app: orEmpty(modern[3]!), severity, text };
  }
  const dated = rfc3164.exec(rest);
  const message = rest.slice(dated?.[0].length ?? 0);
  const tagged = tag.exec(message);
  return { host: dated?.[1] ?? '', app: tagged?.[1] ?? '', severity, text: message.slice(tagged?.[0].length ?? 0) };
}

/** `-` or `[id key="value" …]…`, then the text, which may begin with a byte order mark. */
function withoutStructuredData(text: string): string {
  let at = 0;
  if (text.startsWith('-')) at = 1;
  else
    while (text[at] === '[') {
      const end = endOfElement(text, at);
      // Not closed: no structured data, but text.
      if (end === -1) break;
      at = end;
    }
  return text.slice(at).replace(/^ ?\uFEFF?/, '');
}

function endOfElement(text: string, start: number): number {
  let isQuoted = false;
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '\\' && isQuoted) at++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (char === ']' && !isQuoted) return at + 1;
  }
  return -1;
}
