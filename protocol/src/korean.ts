/** Particles that follow the sound a word ends with, as `after consonant/after vowel`. */
export type Particle = '은/는' | '이/가' | '을/를' | '과/와' | '으로/로' | '이/';

/** Digits as they are read: 영 일 이 삼 사 오 육 칠 팔 구. */
const DIGIT_ENDS_IN_CONSONANT = [true, true, false, true, false, false, true, true, true, false];
/** Latin letters that Korean speakers close with a consonant when a name is spelt or read. */
const CLOSING_LETTERS = /[bcgklmnpqt]$/i;
const RIEUL = 8;

/** The word with the right particle: `josa('원인', '이/가')` is `원인이`, `josa('shop-db', '은/는')` is `shop-db는`. */
export function josa(word: string, particle: Particle): string {
  const [afterConsonant = '', afterVowel = ''] = particle.split('/');
  const end = endOf(word);
  const isOpen = end === 'vowel' || (particle === '으로/로' && end === 'rieul');
  return `${word}${isOpen ? afterVowel : afterConsonant}`;
}

function endOf(word: string): 'vowel' | 'consonant' | 'rieul' {
  const last = word.replace(/[^\p{L}\p{N}]+$/u, '').at(-1) ?? '';
  const syllable = last.charCodeAt(0) - 0xac00;
  if (syllable >= 0 && syllable < 11_172) {
    const final = syllable % 28;
    if (final === 0) return 'vowel';
    return final === RIEUL ? 'rieul' : 'consonant';
  }
  if (/[0-9]/.test(last)) {
    if ('178'.includes(last)) return 'rieul';
    return DIGIT_ENDS_IN_CONSONANT[Number(last)] === true ? 'consonant' : 'vowel';
  }
  if (/l$/i.test(last)) return 'rieul';
  // Names end as they are read: shop-db is 디비, shop-app is 앱, shop-was is 와스.
  if (/(?:^|[^a-z])(?:db|cpu|p)$/i.test(word)) return 'vowel';
  return CLOSING_LETTERS.test(last) ? 'consonant' : 'vowel';
}
