import {
  applyMasks,
  bearer,
  email,
  homeOwner,
  jwt,
  knownToken,
  koreanAddress,
  koreanName,
  type Mask,
  personSetting,
  printable,
  privateKey,
  secretSetting,
  urlCredentials,
} from './mask-text.ts';

/**
 * For texts that the agent makes itself (notes, evidence, errors of collectors, names of routes): values, ports and
 * addresses of servers are what they are about and stay; what came into them from outside and is surely personal or a
 * secret goes.
 */
const masks: readonly Mask[] = [
  privateKey,
  jwt,
  knownToken,
  bearer,
  urlCredentials,
  secretSetting,
  personSetting,
  email,
  homeOwner,
  koreanName,
  koreanAddress,
  // Resident and foreigner numbers: a date, then 1 to 8 and six more.
  [/(?<!\p{Nd})\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-\s]?[1-8]\d{6}(?!\p{Nd})/gu, '<num>'],
  [/(?<!\p{Nd})[3-6]\d{3}(?:[-\s]?\d){9,12}(?!\p{Nd})/gu, (found) => (isCardNumber(found) ? '<num>' : found)],
  [/(?<!\p{Nd})\(?0\d{1,2}[-.)\s]{1,2}\d{3,4}[-.\s]\d{4}(?!\p{Nd})/gu, '<num>'],
  [/(?<!\p{Nd})01[016-9]\d{7,8}(?!\p{Nd})/gu, '<num>'],
  [/\+\d{1,3}(?:[-.\s]?\d{1,4}){3,4}(?!p{Nd})/g, '<num>'],
];

/** Fields whose texts are random ids of ours; digits in them say nothing. */
const idKeys = new Set(['id', 'machine']);
/** Deeper than any event; what lies below would be left out. */
const MAX_DEPTH = 8;

export const maskOwnText = (text: string): string => applyMasks(printable(text), masks);

/** A path, a unit or a device as the name of a source: long numbers say more than a source needs. */
export const maskSource = (source: string): string =>
  maskOwnText(source)
    .replace(/\d{4,}/g, '<num>')
    .slice(0, 300);

/** The id of a trace or a span, else nothing. One that is all digits may be a card's number, and ids hardly ever are. */
export const traceContextId = (text: string): string =>
  /^(?=.*[a-f])(?:[0-9a-f]{16}|[0-9a-f]{32})$/.test(text) ? text : '';

/** The same event with every text in it, and every key of its records, masked. */
export function maskEvent<T>(event: T): T {
  return masked(event, 0) as T; // texts become texts, and all else stays
}

function masked(value: unknown, depth: number): unknown {
  // The hub refuses texts that are longer than they may be, and masking must not make one so.
  if (typeof value === 'string') return maskOwnText(value).slice(0, value.length);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item) => masked(item, depth + 1));
  const isSeries = 'kind' in value && value.kind === 'series';
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      maskOwnText(key),
      idKeys.has(key) || isTime(key, inner) || (isSeries && key === 'ref') ? inner : masked(inner, depth + 1),
    ]),
  );
}

/** Thirteen digits of a time may look like a resident number. */
const isTime = (key: string, value: unknown): boolean =>
  key.endsWith('UnixMs') && typeof value === 'string' && /^\d{1,15}$/.test(value);

/** By the check digit of ISO/IEC 7812 (Luhn), which one in ten numbers of chance has too. */
function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '');
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const weighted = i % 2 === 0 ? digit : 2 * digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}
