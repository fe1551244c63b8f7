/** Particle pairs: after a consonant, after a vowel. */
const pairs = {
  '이/가': ['이', '가'],
  '은/는': ['은', '는'],
  '을/를': ['을', '를'],
  '과/와': ['과', '와'],
  '으로/로': ['으로', '로'],
} as const;
export type Josa = keyof typeof pairs;

type Final = 'none' | 'rieul' | 'other';

/** How 0 to 9 end when read aloud: 영 일 이 삼 사 오 육 칠 팔 구. */
const digitFinals: readonly Final[] = [
  'other',
  'rieul',
  'none',
  'other',
  'none',
  'none',
  'other',
  'rieul',
  'rieul',
  'none',
];
/** Letters whose Korean name ends in a consonant: 엘, 엠, 엔, 알. */
const letterFinals: Readonly<Record<string, Final>> = { L: 'rieul', M: 'other', N: 'other', R: 'rieul' };

/**
 * A word with the particle that fits its last sound: `josa('nginx', '이/가')` is `nginx가`. Korean syllables exactly,
 * digits and abbreviations by how they are read, other Latin words by their usual sound. What stands in brackets at the end
 * is not read.
 */
export function josa(word: string, particle: Josa): string {
  const [afterConsonant, afterVowel] = pairs[particle];
  const final = finalOf(word.replace(/\s*\([^)]*\)$/, ''));
  const isConsonant = final === 'other' || (final === 'rieul' && particle !== '으로/로');
  return `${word}${isConsonant ? afterConsonant : afterVowel}`;
}

function finalOf(word: string): Final {
  const last = word.at(-1) ?? '';
  const code = last.charCodeAt(0);
  if (code >= 0xac00 && code <= 0xd7a3) {
    const jong = (code - 0xac00) % 28;
    return jong === 0 ? 'none' : jong === 8 ? 'rieul' : 'other';
  }
  if (/\d/.test(last)) return digitFinals[Number(last)] ?? 'none';
  const latin = /[A-Za-z]+$/.exec(word)?.[0] ?? '';
  if (/(?:^[A-Z]+|SQL|sql)$/.test(latin)) return letterFinals[last.toUpperCase()] ?? 'none';
  const low = latin.toLowerCase();
  // A short vowel with b, c, k, p, t closes a syllable (톰캣, 백업); l, m, n and ng always do; others take a vowel (엔진엑스).
  if (/l$/.test(low)) return 'rieul';
  return /(?:[mn]|ng|[aeiou][bckpt]|ck)$/.test(low) ? 'other' : 'none';
}
