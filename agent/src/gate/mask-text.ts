/** Longer texts are cut before they are masked: what is behind leaves in no form. */
export const MASKED_LENGTH_LIMIT = 8_192;

/** `needs`: without any of these texts the pattern cannot fit, which is quicker to see than to try it. */
export type Mask = readonly [
  pattern: RegExp,
  replacement: string | ((found: string) => string),
  needs?: readonly [string, ...string[]],
];

const secretKey =
  'passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth(?:orization)?|credentials?|(?<![a-z])(?:session(?:[_-]?id)?|cookie|otp|pin|jwt)|비밀번호|암호|패스워드|인증키|인증번호|토큰';
const personKey =
  'user(?:[_-]?(?:name|id))?|login|account|owner|e-?mail|(?:first|last|full|real|customer|member|display)?[_-]?name|addr(?:ess)?|phone|mobile|tel|birth(?:day|date)?|ssn|이름|성명|고객(?:명)?|회원(?:명)?|사용자(?:명)?|담당자|수령인|수취인|예금주|신청인|주소|배송지|연락처|전화(?:번호)?|휴대폰|생년월일|주민(?:등록)?번호|계좌(?:번호)?|여권(?:번호)?';
/** What stands between a key and its value, and the value: quoted as a whole, or up to the next delimiter. */
const keyed = '["\']?\\s*(?:=>|[=:：])\\s*';
const anyValue = '(?:"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\'|[^\\s,;&|)}\\]"\']+)';
/** A value of several Korean words, as in an address, up to a delimiter. */
const koreanValue = '(?:"(?:[^"\\\\]|\\\\.)*"|[가-힣][^,;&|)}\\]"\'=:]*|[^\\s,;&|)}\\]"\']+)';
/** Digits of any script: full-width ones are digits too. */
const separator = '[-\\s.\u2010-\u2015·()]';

/** What is private in every kind of text, logs and configurations alike. */
export const privateKey: Mask = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*-----|$)/g,
  '<secret>',
  ['-----BEGIN'],
];
export const jwt: Mask = [/\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g, '<secret>', ['eyJ']];
export const knownToken: Mask = [
  /\b(?:A(?:KIA|SIA)[A-Z0-9]{12,}|AIza[\w-]{30,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|sk-[\w-]{16,}|[spr]k_(?:live|test)_\w{10,}|hf_\w{16,}|npm_\w{16,}|hvs\.[\w-]{16,}|ya29\.[\w-]{16,})/g,
  '<secret>',
];
export const bearer: Mask = [/\b(bearer|basic|digest)\s+[\w.~+/=-]{6,}/gi, '$1 <secret>'];
export const urlCredentials: Mask = [/:\/\/[^\s/:@"']{1,256}:[^\s/@"']{1,256}@/g, '://<secret>@'];
export const email: Mask = [/[\w.+%-]{1,128}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}/g, '<email>', ['@', '%40']];
export const homeOwner: Mask = [/(\/(?:home|Users)\/)[^/\s"':]{1,64}/g, '$1<person>'];
export const koreanName: Mask = [/[가-힣]{2,4}(?=\s?(?:님|씨|귀하)(?![가-힣]))/g, '<person>'];
export const koreanAddress: Mask = [
  /(?:[가-힣]{1,8}(?:시|도|군|구|읍|면)\s+){1,4}[가-힣\d·.]{1,20}(?:로|길|동|리)(?:\s?\d[\d-]{0,9})?(?:번길\s?\d{1,5})?/g,
  '<address>',
];
/** Keys with `=`, or with `:` where the value follows at once: a sentence with a colon is none. */
export const secretSetting: Mask = [
  new RegExp(`((?:${secretKey})[\\w-]{0,20}(?:["']?\\s*=>?\\s*|["']\\s*:\\s*|:(?=\\S)))${anyValue}`, 'gi'),
  '$1<secret>',
];
export const personSetting: Mask = [
  new RegExp(`((?<![가-힣\\w])(?:${personKey})(?:["']?\\s*=>?\\s*|["']\\s*:\\s*))${koreanValue}`, 'gi'),
  '$1<person>',
];

/**
 * Applied in order; each takes what is surely its kind, the last ones whatever numbers and quotes are left. All are
 * linear: no repeated group holds another repetition of the same characters.
 */
const masks: readonly Mask[] = [
  privateKey,
  jwt,
  knownToken,
  bearer,
  urlCredentials,
  [new RegExp(`((?:${secretKey})[\\w-]{0,20}${keyed})(?:(?:bearer|basic)\\s+)?${anyValue}`, 'gi'), '$1<secret>'],
  [/(\s(?:-u|--user)[ =])\S+/g, '$1<secret>'],
  email,
  [/(\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s?"'<>]{1,1024})\?[^\s"'<>]*/gi, '$1?<query>', ['?']],
  [/(\s\/[^\s?"'<>]{0,1024})\?[^\s"'<>]*/g, '$1?<query>'],
  [new RegExp(`((?<![가-힣\\w])(?:${personKey})${keyed})${koreanValue}`, 'gi'), '$1<person>'],
  [
    /\b((?:invalid |illegal |unknown )?(?:user|login|account|member|customer)\s+)(?!(?:<|of\b|to\b|with\b|failed\b|is\b|was\b|has\b|not\b|and\b|or\b|in\b|by\b|from\b|for\b|logged\b|session\b))['"]?[\w.@+-]{1,64}['"]?/gi,
    '$1<person>',
  ],
  [/\b((?:password|publickey|keyboard-interactive\/pam) for )\S+/gi, '$1<person>'],
  homeOwner,
  koreanName,
  koreanAddress,
  [/\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b/gi, '<mac>'],
  [/(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\.\d)/g, '<ip>'],
  // Two colons in a row, or at least five groups: a time of day has fewer.
  [/(?<![\w:])[0-9a-f:]{3,45}(?![\w:])/gi, (found) => (/::|(?:[0-9a-f]{1,4}:){4}/i.test(found) ? '<ip>' : found)],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b0x[0-9a-f]{4,}\b/gi, '<id>'],
  [/\b(?=[a-f]{0,64}\d)(?=\d{0,64}[a-f])[0-9a-f]{8,}\b/gi, '<id>'],
  [/[A-Za-z0-9+]{20,}={0,2}/g, (found) => (/\d/.test(found) && /[A-Za-z]/.test(found) ? '<id>' : found)],
  [/[\w-]{32,}/g, (found) => (/\d/.test(found) && /[A-Z].*[A-Z]/.test(found) ? '<id>' : found)],
  [/\b[A-Z]{1,2}\d{3}[A-Z]?\d{4}\b/g, '<id>'],
  // Digits in groups (resident numbers, cards, phones, accounts): seven or more of them, also half starred out.
  [new RegExp(`[+(]?\\p{Nd}(?:${separator}{0,2}[\\p{Nd}*]){6,40}`, 'gu'), '<num>'],
  [/\p{Nd}{4,}/gu, '<num>'],
];

/** Keys of JSON logs whose text is what the line says; all other quoted values are masked as a whole. */
const spokenKey = /"(?:level|severity|msg|message|logger|event|error|err|status|method|component|module)"\s*:\s*$/i;
const request = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) \/[^"]*$/;
const quotedText = /"((?:[^"\\]|\\.)*)"|(?<![\w])'((?:[^'\\]|\\.)*)'(?!\w)/g;

/**
 * A log text with everything masked that may be personal or secret: e-mail, addresses of the net and of people, tokens,
 * keys, identifiers, numbers of four digits or more, values of telling keys, and quoted strings. Masks too much rather
 * than too little. Names in running text without any key word are not recognised.
 */
export const maskText = (text: string): string => maskQuoted(maskProgramText(text));

/** The same of what a program says of itself, where quotes are put round names: what is quoted stays. */
export const maskProgramText = (text: string): string =>
  applyMasks(text.length > MASKED_LENGTH_LIMIT ? cutAtWord(text, MASKED_LENGTH_LIMIT) : text, masks);

/** Half an address or a token would not be known as one, so the word at the cut goes as a whole. */
export const cutAtWord = (text: string, limit: number) => text.slice(0, limit).replace(/\S{1,1024}$/, '');

/** In their order; a mask is not tried where none of the texts it needs is there. */
export function applyMasks(text: string, masks: readonly Mask[]): string {
  let masked = text;
  for (const [pattern, replacement, needs] of masks) {
    if (needs?.every((part) => !masked.includes(part)) === true) continue;
    masked =
      typeof replacement === 'string' ? masked.replace(pattern, replacement) : masked.replace(pattern, replacement);
  }
  return masked;
}

function maskQuoted(text: string): string {
  return text.replace(quotedText, (whole, double: string | undefined, _single: unknown, at: number) => {
    const content = double ?? '';
    const isKey = double !== undefined && /^\s*:/.test(text.slice(at + whole.length, at + whole.length + 3));
    if (isKey || whole.length === 2) return whole;
    if (double !== undefined && (request.test(content) || spokenKey.test(text.slice(Math.max(0, at - 24), at))))
      return whole;
    if (/^<\w+>$/.test(content)) return whole;
    const quote = whole[0] ?? '"';
    return `${quote}<str>${quote}`;
  });
}

const unprintable = /[^\P{Cc}\n\t]|\p{Cf}/u;

/** No terminal obeys what is left; invisible characters go as if they had never split a number. */
export function printable(text: string): string {
  if (!unprintable.test(text)) return text;
  return text.replaceAll(/\p{Cf}/gu, '').replaceAll(/[^\P{Cc}\n\t]/gu, ' ');
}
