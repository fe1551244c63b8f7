import { maskConfigLine } from './config-mask.ts';

/** What an edit changed, as it may leave the host. */
export interface ConfigDiff {
  /** Lines that are new, and lines that are gone. */
  readonly added: number;
  readonly removed: number;
  /** `-` and `+` lines in the order of the file, masked and cut; a last line says how many more there are. */
  readonly lines: readonly string[];
}

/** Lines on each side that are compared one by one; of a longer part everything counts as replaced. */
const COMPARED_LINES = 600;
const SHOWN_LINES = 20;
const SHOWN_LENGTH = 160;

/** Compares two versions of a file by lines; blanks at a line's ends and empty lines do not count. */
export function configDiff(before: string, after: string): ConfigDiff {
  const old = significantLines(before);
  const fresh = significantLines(after);
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start++;
  let oldEnd = old.length;
  let freshEnd = fresh.length;
  while (oldEnd > start && freshEnd > start && old[oldEnd - 1] === fresh[freshEnd - 1]) {
    oldEnd--;
    freshEnd--;
  }
  const edits = editsOf(old.slice(start, oldEnd), fresh.slice(start, freshEnd));
  const shown = edits.slice(0, SHOWN_LINES).map(({ sign, text }) => `${sign} ${shownText(text)}`);
  const more = edits.length - shown.length;
  return {
    added: edits.filter(({ sign }) => sign === '+').length,
    removed: edits.filter(({ sign }) => sign === '-').length,
    lines: more > 0 ? [...shown, `… ${more}`] : shown,
  };
}

/** The words in which two versions of a line differ, `maxThreads="200" → maxThreads="20"`; both already masked. */
export function wordsChanged(before: string, after: string): string {
  const old = before.split(/\s+/);
  const fresh = after.split(/\s+/);
  const shorter = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < shorter && old[start] === fresh[start]) start++;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === fresh.at(-1 - end)) end++;
  const gone = old.slice(start, old.length - end);
  // A bare value says little without the name before it.
  const named = gone.some((word) => /[=:].|^</.test(word))
    ? gone
    : [...old.slice(Math.max(0, start - 2), start), ...gone];
  return `${named.join(' ')} → ${fresh.slice(start, fresh.length - end).join(' ')}`;
}

interface Edit {
  readonly sign: '+' | '-';
  readonly text: string;
}

function editsOf(old: readonly string[], fresh: readonly string[]): Edit[] {
  const gone = (text: string): Edit => ({ sign: '-', text });
  const come = (text: string): Edit => ({ sign: '+', text });
  if (old.length > COMPARED_LINES || fresh.length > COMPARED_LINES) return [...old.map(gone), ...fresh.map(come)];
  // Longest common subsequence: `common[i][j]` of what is left behind i and j.
  const width = fresh.length + 1;
  const common = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      common[i * width + j] =
        old[i] === fresh[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      i++;
      j++;
    } else if (j >= fresh.length || (i < old.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) {
      edits.push(gone(old[i++]!));
    } else edits.push(come(fresh[j++]!));
  }
  return edits;
}

const significantLines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Masked before it is cut, so that no half of a secret is left. */
function shownText(line: string): string {
  const masked = maskConfigLine(line);
  return masked.length > SHOWN_LENGTH ? `${masked.slice(0, SHOWN_LENGTH - 1)}…` : masked;
}
