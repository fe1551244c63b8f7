import { expect, it } from 'vitest';
import { isKoreanHoliday } from './korean-holidays.ts';

/** Days off as the government's list of the year says (elections left out). */
const years: Readonly<Record<number, string>> = {
  2024: '01-01 02-09 02-10 02-11 02-12 03-01 05-05 05-06 05-15 06-06 08-15 09-16 09-17 09-18 10-03 10-09 12-25',
  2025: '01-01 01-28 01-29 01-30 03-01 03-03 05-05 05-06 06-06 08-15 10-03 10-05 10-06 10-07 10-08 10-09 12-25',
  2026: '01-01 02-16 02-17 02-18 03-01 03-02 05-05 05-24 05-25 06-06 08-15 08-17 09-24 09-25 09-26 10-03 10-05 10-09 12-25',
};

it.each(Object.entries(years))('days off of %s', (year, want) => {
  const found: string[] = [];
  for (let day = Date.UTC(Number(year), 0, 1); day < Date.UTC(Number(year) + 1, 0, 1); day += 86_400_000) {
    if (isKoreanHoliday(day)) found.push(new Date(day).toISOString().slice(5, 10));
  }
  expect(found.join(' ')).toBe(want);
});
