/**
 * Lines of a kernel file that are whole. A read can be torn: a last line without its newline may have lost digits, and
 * half a number is worse than none.
 */
export function wholeLines(text: string): string[] {
  const end = text.lastIndexOf('\n');
  return end < 0 ? [] : text.slice(0, end).split('\n');
}

/** Fields of a line, parted by any run of blanks. */
export const fieldsOf = (line: string): string[] => line.trim().split(/\s+/);

/** `name 12` or `Name:   12 kB` a line, as in `/proc/vmstat` and `/proc/meminfo`; lines without a number are left out. */
export function parseNamedNumbers(text: string): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const line of wholeLines(text)) {
    const match = /^([\w()]+):?\s+(\d+)/.exec(line);
    if (match !== null) numbers.set(match[1]!, Number(match[2]));
  }
  return numbers;
}

/**
 * Reads chosen counters from pairs of lines `Tcp: A B` and `Tcp: 1 2`, as in `/proc/net/snmp`; keys are `Tcp.A`. The heads
 * are the same every second, so where each counter stands is remembered.
 */
export class HeadedCounters {
  readonly #wanted: ReadonlySet<string>;
  readonly #columnsByHead = new Map<string, readonly (readonly [key: string, column: number])[]>();

  constructor(wanted: Iterable<string>) {
    this.#wanted = new Set(wanted);
  }

  read(text: string): Map<string, number> {
    const numbers = new Map<string, number>();
    const lines = wholeLines(text);
    for (let i = 0; i + 1 < lines.length; i += 2) {
      const columns = this.#columnsOf(lines[i]!);
      if (columns.length === 0) continue;
      const values = lines[i + 1]!.split(' ');
      if (!lines[i]!.startsWith(`${values[0]} `)) continue;
      for (const [key, column] of columns) {
        const value = Number(values[column] ?? Number.NaN);
        if (Number.isFinite(value)) numbers.set(key, value);
      }
    }
    return numbers;
  }

  #columnsOf(head: string): readonly (readonly [string, number])[] {
    const known = this.#columnsByHead.get(head);
    if (known !== undefined) return known;
    const [area = '', ...names] = head.split(' ');
    const keyed = names.map((name, i) => [`${area.replace(':', '')}.${name}`, i + 1] as const);
    const columns = keyed.filter(([key]) => this.#wanted.has(key));
    // A torn head is one of few; there are a dozen areas.
    if (this.#columnsByHead.size < 64) this.#columnsByHead.set(head, columns);
    return columns;
  }
}
