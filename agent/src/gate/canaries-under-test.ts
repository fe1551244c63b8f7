import { expect } from 'vitest';

/** Made-up values; none may be found in anything that leaves. */
export const canaries = {
  residentNumber: '851231-2345678',
  residentDigits: '8512312345678',
  card: '5555-4444-3333-1111',
  cardDigits: '5555444433331111',
  email: 'canary.person@mail.example.kr',
  token: 'ghp_canaryCANARY0123456789abcdefXYZ',
  jwt: 'eyJjYW5hcnki.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl',
  password: 'Canary!pass',
  mobile: '010-9876-5432',
  landline: '02-987-6543',
  international: '+82 10 9876 5432',
  address: '서울특별시 종로구 카나리로 77',
  ip: '203.0.113.77',
};

/** A secret needs a key beside it to be known as one; everything else is known by its own form. */
export const carried = (kind: string, value: string) => (kind === 'password' ? `password=${value}` : value);

/** Not as it is, nor with other separators: the digits or letters in a row. */
export function expectNoCanary(left: string, value: string, where = ''): void {
  const isThere = left.includes(value) || normal(left).includes(normal(value));
  expect(isThere ? `${value} is in ${where}: ${excerpt(left, value)}` : '').toBe('');
}

const normal = (text: string) =>
  text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();

const excerpt = (text: string, value: string) => {
  const at = Math.max(0, text.indexOf(value));
  return text.slice(Math.max(0, at - 80), at + value.length + 80);
};
