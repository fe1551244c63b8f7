/** Words of which no person is called: they say what an interface does. Plurals, and words joined of these, count too. */
const vocabulary = new Set(
  `about access accept account action activate active activity actuator add address admin agent agree alarm alert all
  analysis analytic answer api app application apply approval approve article asset async attach attachment attendance
  auth authorize avatar bank banner basket batch benefit billing board body book bookmark branch brand bulk buy by cache
  calendar call callback campaign cancel captcha card cart catalog catalogue category center change channel charge chart
  chat check checkout claim class click client close cloud code collection comment common company compare complete config
  configuration confirm connect contact content contract control copy cost count coupon create credit current customer
  daily dashboard data database date debug default delete delivery demo department deposit detail device diagnostic
  directory discount dispatch display doc document domain down download draft edit email employee enable error estimate
  event excel execute exist exit export external faq favorite feed feedback fetch file filter find folder follow form
  forum front gateway get global goods graph graphql group guest guide health help history home hook hospital hotel id
  image import inbox index info information init inquiry insert insurance integration internal inventory invoice issue
  item job join json key keyword label language latest layout leave like limit link list live load loan local location
  lock log login logout mail main manage management manager manual map mark market master me media member menu merchant
  message meta metadata metric mobile module monitor month monthly move my network new news next note notice notification
  number oauth offer office old online open operation operator option order org organization out overview page partner
  password patch path patient pay payment pdf people permission person phone photo ping place plan play point policy
  popular popup portal position post preference preview price print privacy process product profile project promotion
  property public publish purchase push put query queue quick quote range rank ranking rate read ready receipt
  recommend record redirect refresh refund region register registration reject related release remove renew reply report
  request reservation reserve reset resource response rest result return review reward role room route rule run sale
  sample save schedule schema school score search secret section security select seller send server service session
  setting share shipment shipping shop sign signature signin signout signup site sms social sort source staff standard
  start stat state statement static statistic status step stock stop storage store stream student sub subject submit
  subscribe subscription success summary support survey sync system table tag task tax team template term test text theme
  thread ticket time timeline title todo token tool top topic total track tracking trade transaction transfer trash tree
  trend type unit unlock unsubscribe up update upload url use user valid validate value verify version video view voucher
  wallet warehouse web webhook week weekly well-known widget wish wishlist withdraw work workflow write year zip`.split(
    /\s+/,
  ),
);

/** Below these stands who it is about: never a word that is not in the vocabulary. */
const people =
  /^(?:users?|u|members?|customers?|clients?|accounts?|profiles?|people|persons?|employees?|staff|patients?|students?|teachers?|authors?|owners?|friends?|contacts?|followers?|e?mails?|inbox|names?|ids?|by|usernames?|nicknames?|~)$/i;

/** How pages of common application servers end; the name before it is judged as a word without it would be. */
const pageEnding = /\.(?:do|jsp|jspx|action|html?|php|aspx?|json|nhn)$/;

const LONGEST_WORD = 24;

/** A word of interfaces: `orders`, `v2`, `getOrderList.do`, `order-items`. */
export function isKnownWord(segment: string): boolean {
  if (segment.length > LONGEST_WORD) return false;
  const name = segment.replace(pageEnding, '');
  if (/^v\d{1,2}$/.test(name)) return true;
  if (!/^[A-Za-z]+(?:[-_][A-Za-z]+)*$/.test(name)) return false;
  return name.split(/[-_]|(?<=[a-z])(?=[A-Z])/).every((part) => isInVocabulary(part.toLowerCase()));
}

const isInVocabulary = (word: string): boolean =>
  vocabulary.has(word) ||
  vocabulary.has(word.replace(/s$/, '')) ||
  vocabulary.has(word.replace(/es$/, '')) ||
  vocabulary.has(word.replace(/ies$/, 'y'));

/** Whether it may be a word at all: numbers, dots, `@`, escapes and `Hong_Gildong` are what somebody is called. */
export function mayBeWord(segment: string): boolean {
  const name = segment.replace(pageEnding, '');
  if (name.length > LONGEST_WORD || !/^[A-Za-z]+(?:[-_][A-Za-z]+)*$/.test(name)) return false;
  return !/[-_]/.test(name) || !/[A-Z]/.test(name);
}

/** Whether the parts below this one are named after people. */
export const namesPeople = (segment: string): boolean => people.test(segment);
