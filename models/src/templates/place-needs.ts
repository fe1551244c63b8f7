import { closingMarks } from './characters.ts';
import { bare, isValueOrWord } from './form.ts';

/** Words before a value that names somebody or something. */
const namingWords = new Set(
  'user host for from to by on at node device file service name id session client server port address task job class method table queue topic thread process state status'.split(
    ' ',
  ),
);
/** Names of programs stand first before the same few words: the more words follow, the fewer of them are needed. */
const firstNeeds = [64, 64, 64, 12, 6];
const MANY_WORDS = 5;
/** `FAILED`, `RUNNING`: names of states are few, and lines that differ in them say different things. */
const stateName = /^[A-Z][A-Z_]+$/;
const STATES_NEEDED = 5;

/**
 * How many distinct words in one place, with everything around them equal, make the place a value. Fewer where a value is
 * expected: behind `=`, in quotes, after `user`, or in a long line that is otherwise the same.
 */
export function distinctWordsNeeded(
  tokens: readonly string[],
  at: number,
  words: readonly string[],
  restWords: number,
): number {
  const before = at > 0 ? bare(tokens[at - 1]!) : '';
  const after = at + 1 < tokens.length ? bare(tokens[at + 1]!) : '';
  if (words.some((word) => /\d/.test(word))) return 2;
  if (words.every((word) => stateName.test(bare(word)))) return STATES_NEEDED;
  const isLong = restWords >= MANY_WORDS;
  if (before === '=') return isLong ? 3 : 4;
  if (after !== '' && closingMarks.get(before) === after) return isLong ? 2 : 3;
  if (!tokens.slice(0, at).some(isValueOrWord)) return firstNeeds[Math.min(restWords, 4)]!;
  if (namingWords.has(before.toLowerCase())) return 2;
  return isLong ? 4 : 5;
}
