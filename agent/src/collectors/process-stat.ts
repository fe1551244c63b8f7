/** What one `/proc/<pid>/stat` says, in the kernel's own units. */
export interface ProcessStat {
  /** Letter of the state: R S D Z T t I X. */
  state: number;
  /** Of the short name between the brackets; changes when the process becomes another program (exec). */
  commHash: number;
  isKernelThread: boolean;
  parentPid: number;
  /** User and system time in clock ticks, this process's own threads, since it started. */
  cpuTicks: number;
  threads: number;
  /** Ticks after boot; with the pid it names a process for good. */
  startTicks: number;
  rssPages: number;
}

/** One to parse into, again and again. */
export const emptyProcessStat = (): ProcessStat => ({
  state: 0,
  commHash: 0,
  isKernelThread: false,
  parentPid: 0,
  cpuTicks: 0,
  threads: 0,
  startTicks: 0,
  rssPages: 0,
});

/** Task flag of a kernel thread (include/linux/sched.h). */
const PF_KTHREAD = 0x00200000;
const SPACE = 0x20;
const CLOSING = 0x29;
const OPENING = 0x28;

/** Where the field of that number (proc(5), counted from 1) goes. */
const PARENT = 4;
const FLAGS = 9;
const UTIME = 14;
const STIME = 15;
const THREADS = 20;
const START = 22;
const RSS = 24;

/**
 * Reads the fields that are needed into `into`, without making strings: this runs for every process every second.
 * `false` for a torn or foreign text. The name in brackets may itself hold brackets and blanks, so the last one counts.
 */
export function parseProcessStat(buffer: Buffer, length: number, into: ProcessStat): boolean {
  const close = buffer.lastIndexOf(CLOSING, length - 1);
  if (close < 0 || close + 2 >= length) return false;
  into.commHash = 0;
  for (let i = buffer.indexOf(OPENING) + 1; i < close; i++) into.commHash = (into.commHash * 31 + buffer[i]!) | 0;
  into.state = buffer[close + 2]!;
  let field = 4;
  let at = close + 4;
  let utime = 0;
  while (at < length) {
    let value = 0;
    let negative = false;
    let digits = 0;
    for (; at < length && buffer[at] !== SPACE; at++) {
      const byte = buffer[at]!;
      if (byte === 0x2d) negative = true;
      else if (byte >= 0x30 && byte <= 0x39) {
        value = value * 10 + (byte - 0x30);
        digits++;
      }
    }
    // The value that a torn text ends in is not whole; a whole one is followed by a blank.
    if (at >= length || digits === 0) return false;
    if (negative) value = -value;
    at++;
    if (field === FLAGS) into.isKernelThread = (value & PF_KTHREAD) !== 0;
    else if (field === PARENT) into.parentPid = value;
    else if (field === UTIME) utime = value;
    else if (field === STIME) into.cpuTicks = utime + value;
    else if (field === THREADS) into.threads = value;
    else if (field === START) into.startTicks = value;
    else if (field === RSS) {
      into.rssPages = Math.max(0, value);
      return true;
    }
    field++;
  }
  return false;
}

/** The short name (at most 15 bytes) between the brackets. */
export function processComm(buffer: Buffer, length: number): string {
  const open = buffer.indexOf(OPENING);
  const close = buffer.lastIndexOf(CLOSING, length - 1);
  return open < 0 || close <= open ? '' : buffer.toString('utf8', open + 1, close);
}
