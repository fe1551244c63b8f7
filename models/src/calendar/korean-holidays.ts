/** Fixed days of the solar calendar, as month * 100 + day. */
const solarDays = new Set([101, 301, 505, 606, 815, 1003, 1009, 1225]);
const DAY_MS = 86_400_000;

const lunar = new Intl.DateTimeFormat('en-u-ca-dangi', { month: 'numeric', day: 'numeric', timeZone: 'UTC' });

/** Month and day of the Korean lunar calendar; a leap month is none of the usual twelve. */
function lunarDay(unixMs: number): { month: string; day: number } {
  const parts = lunar.formatToParts(unixMs);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return { month: part('month'), day: Number(part('day')) };
}

/** 설날 and 추석 with the days before and after them, and 부처님오신날. */
function isLunarHoliday(unixMs: number): boolean {
  const { month, day } = lunarDay(unixMs);
  if (month === '1' && (day === 1 || day === 2)) return true;
  if (month === '8' && day >= 14 && day <= 16) return true;
  if (month === '4' && day === 8) return true;
  // The last day of the lunar year is the day before its first.
  const next = lunarDay(unixMs + DAY_MS);
  return next.month === '1' && next.day === 1;
}

function isNamedHoliday(unixMs: number): boolean {
  const date = new Date(unixMs);
  return solarDays.has((date.getUTCMonth() + 1) * 100 + date.getUTCDate()) || isLunarHoliday(unixMs);
}

/** Of these the day off moves when it falls on a weekend (설날 and 추석: on a Sunday). */
function movesFrom(unixMs: number): boolean {
  const date = new Date(unixMs);
  const weekday = date.getUTCDay();
  const monthDay = (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
  const { month } = lunarDay(unixMs);
  // Two named days in one.
  if (solarDays.has(monthDay) && isLunarHoliday(unixMs)) return true;
  if (monthDay === 101 || monthDay === 606) return false;
  const isFestival = isLunarHoliday(unixMs) && month !== '4';
  return isFestival ? weekday === 0 : weekday === 0 || weekday === 6;
}

/**
 * Whether a day is off for everybody in Korea: the named days and their substitutes (rules of 2021 and 2023; elections and
 * days declared at short notice are not known here). `dayUnixMs`: midnight UTC that bears the date.
 */
export function isKoreanHoliday(dayUnixMs: number): boolean {
  if (isNamedHoliday(dayUnixMs)) return true;
  const weekday = new Date(dayUnixMs).getUTCDay();
  if (weekday === 0 || weekday === 6) return false;
  // A substitute: days off that moved since the last working day, as many as working days are taken for them.
  let owed = 0;
  let back = 1;
  for (; back <= 10; back++) {
    const day = dayUnixMs - back * DAY_MS;
    const dayOfWeek = new Date(day).getUTCDay();
    const isNamed = isNamedHoliday(day);
    if (!isNamed && dayOfWeek !== 0 && dayOfWeek !== 6) break;
    if (isNamed && movesFrom(day)) owed++;
  }
  return owed > 0;
}
