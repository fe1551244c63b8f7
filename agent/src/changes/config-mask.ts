import { applyMasks, bearer, cutAtWord, email, homeOwner, type Mask, urlCredentials } from '../gate/mask-text.ts';

/** Longer lines are cut before they are masked: what is behind leaves in no form. */
const LINE_LENGTH_LIMIT = 2_000;

const secretName =
  '[\\w.-]{0,40}(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|keypass|storepass|credentials?|auth[_.-]?key|masterkey|masterauth|r[ow]community6?|community|salt|(?<!(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_|by)pass|비밀번호|암호)[\\w.-]{0,40}';
const value = '(?:"[^"]{0,500}"|\'[^\']{0,500}\'|[^\\s"\'<>;,)}]{1,500})';

/**
 * Applied in order to one line of configuration. Numbers, names and addresses stay, because they are what an edit is
 * about; what is or may be a secret or a person's goes. All are linear.
 */
const masks: readonly Mask[] = [
  [/\p{Cc}/gu, ' '],
  // <password>x</password>, <entry key="db.password">x</entry>
  [new RegExp(`(<${secretName}(?:\\s[^>]{0,200})?>)[^<]*`, 'giu'), '$1<secret>'],
  [new RegExp(`(["']${secretName}["']\\s*>)[^<]*`, 'giu'), '$1<secret>'],
  // <property name="password" value="x"/>
  [new RegExp(`(=\\s*["']${secretName}["']\\s+value\\s*=\\s*)${value}`, 'giu'), '$1<secret>'],
  // password=x, "password": "x", password x;
  [new RegExp(`(["']?${secretName}["']?\\s*(?:=>|:=|[=:：])\\s*)${value}`, 'giu'), '$1<secret>'],
  [new RegExp(`((?:^|[\\s{;])${secretName}\\s+)(?!<)${value}`, 'giu'), '$1<secret>'],
  [/\b(createuser\s+)\S.*/gi, '$1<secret>'],
  [/(\b(?:mysql\w*|mariadb\S*|sshpass)\s.{0,500}?\s-p)(?=[^\s])\S+/gi, '$1<secret>'],
  [/\$(?:\d|2[abxy]|apr1|y|argon2\w*)\$\S+/g, '<secret>'],
  [/\b(identified\s+(?:with\s+\S+\s+)?(?:by|as)\s+)\S.*/gi, '$1<secret>'],
  bearer,
  urlCredentials,
  // A word that no person would write: keys, hashes, certificates.
  [/[A-Za-z0-9+/_=-]{24,}/g, (word) => (looksRandom(word) ? '<secret>' : word)],
  [/\b(?=[a-f]{0,64}\d)(?=\d{0,64}[a-f])[0-9a-f]{16,}\b/gi, '<secret>'],
  email,
  homeOwner,
  [/(?<!\d)\d{6}[-\s]?[1-8]\d{6}(?!\d)/g, '<num>'],
  [/(?<!\d)01\d[-\s.]?\d{3,4}[-\s.]?\d{4}(?!\d)/g, '<num>'],
];

/** Paths and option names may be as long as a key: they have no digits next to both cases. */
const looksRandom = (word: string): boolean =>
  /^[0-9a-f]{24,}$/i.test(word) || (/\d/.test(word) && /[a-z]/.test(word) && /[A-Z]/.test(word)) || word.endsWith('=');

/** One line of a configuration with secrets and personal data masked. */
export function maskConfigLine(line: string): string {
  return applyMasks(line.length > LINE_LENGTH_LIMIT ? cutAtWord(line, LINE_LENGTH_LIMIT) : line, masks);
}
