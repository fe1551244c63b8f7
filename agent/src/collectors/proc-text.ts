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

/** Pairs of lines `Tcp: A B` and `Tcp: 1 2`, as in `/proc/net/snmp`: keys are `Tcp.A`. */
export function parseHeadedNumbers(text: string): Map<string, number> {
  const numbers = new Map<string, number>();
  const lines = wholeLines(text);
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const names = fieldsOf(lines[i]!);
    const values = fieldsOf(lines[i + 1]!);
    if (names[0] !== values[0]) continue;
    const area = names[0]!.replace(':', '');
    for (let j = 1; j < Math.min(names.length, values.length); j++) {
      const value = Number(values[j]);
      if (Number.isFinite(value)) numbers.set(`${area}.${names[j]}`, value);
    }
  }
  return numbers;
}
