/** Words that are values wherever they stand, after the correction rules of Khan et al., "Guidelines for assessing the
 *  accuracy of log message template identification techniques" (ICSE 2022): booleans, the nothing, the two great users. */
const values = new Set(['true', 'false', 'null', 'root', 'admin']);
const VALUE_LENGTH_LIMIT = 5;
export const isValueWord = (word: string): boolean =>
  word.length <= VALUE_LENGTH_LIMIT && word.length >= 4 && values.has(word.toLowerCase());

const weekdays = new Set(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
const months = new Set(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']);
export const isWeekday = (word: string): boolean => weekdays.has(word.toLowerCase());
export const isMonth = (word: string): boolean => months.has(word.toLowerCase());

const sizeUnits = new Set(['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'kB', 'KiB', 'MiB', 'GiB', 'TiB']);
export const isSizeUnit = (word: string): boolean => sizeUnits.has(word);

/** Last labels of host names that no file or package name ends with, and a few of private nets. */
const topLabels = new Set(
  'com net org edu gov mil biz info arpa local localdomain internal lan corp kr jp cn tw hk sg vn th ph my au nz uk de fr nl be lu ch at se no dk fi pl cz hu ro bg gr it es pt ie ru ua tr il ir sa ae eg za ng br ar mx cl pe ca us eu io co tv cc me'.split(
    ' ',
  ),
);
/** Of these, words that also end file names, abbreviations and sentences: the rest must look like a host. */
const unsureLabels = new Set([
  'local',
  'internal',
  'info',
  'me',
  'no',
  'it',
  'at',
  'be',
  'us',
  'my',
  'es',
  'co',
  'cc',
  'io',
  'in',
  'de',
  'pl',
]);
/** First labels of reversed names: packages of programs. */
const packageLabels = new Set([
  'com',
  'org',
  'net',
  'edu',
  'gov',
  'io',
  'java',
  'javax',
  'jakarta',
  'sun',
  'kr',
  'jp',
  'cn',
  'de',
  'me',
  'co',
  'android',
]);

/** Whether `a.b.c` names a host: a known last label, lower case, not a reversed package name. */
export function isHostName(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (!topLabels.has(last)) return false;
  const first = name.slice(0, name.indexOf('.'));
  if (packageLabels.has(first) || name !== name.toLowerCase() || name.includes('..')) return false;
  return (
    !unsureLabels.has(last) || name.includes('-') || name.indexOf('.') !== name.lastIndexOf('.') || /\d/.test(name)
  );
}
