/** What a column of a log line's beginning is by its looks. */
export type ColumnKind = 'time' | 'level' | 'separator' | 'component' | 'bracket' | 'number' | 'name' | 'word';

/** Classed when first asked: most columns of most lines never are. */
export class HeaderColumn {
  readonly text: string;
  /** Where it ends in the line. */
  readonly end: number;
  /** Two or more blanks or a tab follow: columns that are padded. */
  readonly isPadded: boolean;
  #kind: ColumnKind | null = null;

  constructor(text: string, end: number, isPadded: boolean) {
    this.text = text;
    this.end = end;
    this.isPadded = isPadded;
  }

  get kind(): ColumnKind {
    this.#kind ??= kindOf(this.text);
    return this.#kind;
  }
}

const BRACKET_LENGTH_LIMIT = 160;

const level =
  /^[[(<]?(?:trace|debug|info|information|informational|notice|note|system|warn|warning|error|err|severe|fatal|crit|critical|alert|emerg|emergency|verbose|fine|finer|finest|config|panic|log|fatal error|[vdiwefct])[\])>]?[:,]?$/i;
const monthOrDay =
  /^(?:\[?(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?)$/i;
const time = new RegExp(
  `^[[(<]?(?:${[
    '\\d{1,2}:\\d{2}(?::\\d{2})?(?:[.,:]\\d+)?Z?(?:[+-]\\d{2}:?\\d{2})?',
    '(?:\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}|\\d{1,2}[-/]\\d{1,2}[-/]\\d{2,4}|\\d{1,2}\\.\\d{1,2}\\.\\d{4})(?:[T_:.-]\\d{1,2}[:.]\\d{2}(?:[:.]\\d{2})?(?:[.,:]\\d+)?(?:Z|[+-]\\d{2}:?\\d{2})?)?',
    '\\d{1,2}[-/](?:[A-Z][a-z]{2})[-/]\\d{4}(?::\\d{2}:\\d{2}:\\d{2})?',
    '\\d{1,2}[-.]\\d{1,2}',
    '\\d{8}[-T ]?\\d{1,2}:\\d{2}:\\d{2}(?:[:.,]\\d+)?',
    '[IWEF](?:\\d{4}|<num>)',
    // A date or time of which a redaction took digits.
    '(?:\\d{1,4}[-/.T]?){0,3}<num>(?:[-/.T:,+Z]*(?:\\d{1,4}|<num>)Z?)*',
    '1[0-9]{9}(?:\\d{3})?(?:\\.\\d+)?',
    '\\d{6}',
  ].join('|')})[\\])>]?[,:]?$`,
);
const clock = /\d{1,2}:\d{2}(?::\d{2})/;
const number = /^[#([]?[-+]?(?:\d+|0x[0-9a-f]+)[\])]?[,]?$/i;
const separator = /^(?:-{1,3}|:{1,2}|\||–|—|>{1,2}|=>|\*)$/;
const component = /^(?:[^\s"'=:][^\s"'=]{0,100}:|[\w./-]+:\d+\]|\d+#\d+:)$/;
const name = /^[A-Za-z_][\w$-]*(?:[./\\$][\w$-]+)+$/;

/** The first columns of a line: brackets are one column with all that stands in them, `|` is one of its own. */
export function headerColumns(line: string, limit: number): HeaderColumn[] {
  const columns: HeaderColumn[] = [];
  let at = 0;
  while (columns.length < limit) {
    while (isBlank(line.charCodeAt(at))) at++;
    if (at >= line.length) break;
    const end = endOfColumn(line, at);
    const text = line.slice(at, end);
    const isPadded = line.charCodeAt(end) === 9 || (isBlank(line.charCodeAt(end)) && isBlank(line.charCodeAt(end + 1)));
    columns.push(new HeaderColumn(text, end, isPadded));
    at = end;
  }
  return columns;
}

const isBlank = (code: number) => code === 32 || code === 9;

function endOfColumn(line: string, at: number): number {
  const first = line[at]!;
  if (first === '|') return at + 1;
  if (first === '[' || first === '<') {
    const end = endOfBracket(line, at, first, first === '[' ? ']' : '>');
    if (end > 0) return line[end] === ':' ? end + 1 : end;
  }
  let end = at;
  while (end < line.length && !isBlank(line.charCodeAt(end)) && line[end] !== '|') {
    // `name[id with blanks]:` is one column.
    if (end > at && line[end] === '[') {
      const close = endOfBracket(line, end, '[', ']');
      if (close > 0 && (line[close] === ':' || isBlank(line.charCodeAt(close)))) {
        end = close;
        continue;
      }
    }
    end++;
  }
  return end;
}

function endOfBracket(line: string, at: number, open: string, close: string): number {
  let depth = 0;
  for (let i = at; i < line.length && i - at < BRACKET_LENGTH_LIMIT; i++) {
    if (line[i] === open) depth++;
    else if (line[i] === close && --depth === 0) return i + 1;
  }
  return 0;
}

/** `time="…"` and `level=info` are what their values are. */
const keyed = /^(?:time|timestamp|ts|date|level|lvl|severity)=(.+)$/i;

function kindOf(written: string): ColumnKind {
  const text = written.includes('=') ? (keyed.exec(written)?.[1] ?? written).replace(/^"(.*)"$/, '$1') : written;
  if (separator.test(text)) return 'separator';
  if (time.test(text) || monthOrDay.test(text)) return 'time';
  if (level.test(text)) return 'level';
  if (text.startsWith('[') || (text.startsWith('<') && text.endsWith('>')))
    return clock.test(text) && text.length < 48 ? 'time' : 'bracket';
  if (component.test(text)) return 'component';
  if (number.test(text)) return 'number';
  if (name.test(text)) return 'name';
  return 'word';
}
