/** The 19 leading consonants in the order of the syllable block. */
const initials = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;
/** Syllables that share one leading consonant: 21 vowels × 28 finals. */
const SYLLABLES_PER_INITIAL = 588;

/** `결` → `ㄱ`; anything that is not a syllable stays as it is. */
export function initialOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < FIRST_SYLLABLE || code > LAST_SYLLABLE) return character;
  return initials[Math.floor((code - FIRST_SYLLABLE) / SYLLABLES_PER_INITIAL)] ?? character;
}

/**
 * Whether a text holds the query, ignoring case and spaces; a lone consonant stands for any syllable that begins with it,
 * so that `ㄱㅈ`, `결ㅈ` and `결제` all find 결제.
 */
export function matchesText(query: string, text: string): boolean {
  const wanted = [...fold(query)];
  const given = [...fold(text)];
  if (wanted.length === 0) return true;
  for (let start = 0; start + wanted.length <= given.length; start += 1) {
    if (wanted.every((character, index) => matchesCharacter(character, given[start + index] ?? ''))) return true;
  }
  return false;
}

function matchesCharacter(wanted: string, given: string): boolean {
  return wanted === given || (initials.includes(wanted) && wanted === initialOf(given));
}

const fold = (text: string): string => text.normalize('NFC').toLowerCase().replace(/\s+/g, '');
