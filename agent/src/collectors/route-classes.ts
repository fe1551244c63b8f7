import { RoutePlace } from './route-place.ts';
import { isKnownWord, mayBeWord, namesPeople } from './route-words.ts';

/** Routes that have a series of their own; all others share `(other)`. */
const ROUTE_LIMIT = 32;
/** Requests answered well before a route counts as one: a scanner's guesses are answered with 404. */
const HITS_NEEDED = 20;
const CANDIDATE_LIMIT = 1_000;
/** Places whose words are remembered (64 each at most); at further ones only the words of interfaces are shown. */
const PLACE_LIMIT = 128;
const SEGMENT_LIMIT = 3;
const staticFile = /\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|txt|xml)$/i;
const VARIABLE = '{}';

/**
 * Gives each request a route out of a bounded list, learnt from what is asked for often and answered well:
 * `/api/orders/1234/items/5` → `/api/orders/{}`. At most three parts are kept.
 *
 * A part is shown when it is a word of interfaces (`orders`, `getOrderList.do`), or when its place shows to be one of few
 * words hit very often: 200 hits of its own, and 500 requests in which the place brought no new word. A place with more
 * than 64 words, or with more than 12 of which the often hit ones make up less than nine tenths, is variable for good, and
 * routes learnt below it are withdrawn. Numbers, dots, `@`, escapes, `Hong_Gildong`, and whatever follows `users`,
 * `members`, `mail` … are left out at once.
 *
 * What can still leave: a name of plain letters that stands for a long time among few others where no word says that
 * people follow (`/news/kimminsu`, asked for hundreds of times), until the place shows more of them; and a name that is
 * an English word of the list.
 */
export class RouteClasses {
  readonly #routes = new Set<string>(['(static)']);
  readonly #hits = new Map<string, number>();
  readonly #places = new Map<string, RoutePlace>();

  /** @param isDeclared - the program itself says that it serves this; no scanner's guess, so once is enough */
  routeOf(path: string, status: number, isDeclared = false): string {
    const isAnswered = status < 400;
    const shape = this.#shapeOf(path, isAnswered);
    if (this.#routes.has(shape)) return shape;
    if ((isAnswered || isDeclared) && this.#routes.size < ROUTE_LIMIT) this.#count(shape, isDeclared ? 1 : HITS_NEEDED);
    return this.#routes.has(shape) ? shape : '(other)';
  }

  /** Whether a route that was given is still one: what proves to be a name is withdrawn. */
  has(route: string): boolean {
    return route === '(other)' || this.#routes.has(route);
  }

  #shapeOf(path: string, isAnswered: boolean): string {
    if (staticFile.test(path)) return '(static)';
    const parts = path.split('/').filter((part) => part !== '');
    let shape = '';
    parts.slice(0, SEGMENT_LIMIT).forEach((part, i) => {
      const isPerson = namesPeople(parts[i - 1] ?? '') && !isKnownWord(part);
      shape += `/${isPerson ? VARIABLE : this.#partOf(shape, part, isAnswered)}`;
    });
    return shape === '' ? '/' : shape;
  }

  #partOf(parent: string, part: string, isAnswered: boolean): string {
    if (isKnownWord(part)) return part;
    if (!mayBeWord(part)) return VARIABLE;
    const place = this.#placeOf(parent);
    if (place === null || place.isVariable) return VARIABLE;
    if (isAnswered) place.note(part);
    if (place.isVariable) this.#withdrawBelow(parent);
    return place.shows(part) ? part : VARIABLE;
  }

  #placeOf(parent: string): RoutePlace | null {
    const known = this.#places.get(parent);
    if (known !== undefined) return known;
    if (this.#places.size >= PLACE_LIMIT) return null;
    const made = new RoutePlace();
    this.#places.set(parent, made);
    return made;
  }

  /** Routes that showed only words of interfaces are learnt again soon. */
  #withdrawBelow(parent: string): void {
    for (const known of [this.#routes, this.#hits, this.#places]) {
      for (const shape of known.keys()) if (shape.startsWith(`${parent}/`)) known.delete(shape);
    }
  }

  #count(shape: string, hitsNeeded: number): void {
    const hits = (this.#hits.get(shape) ?? 0) + 1;
    if (hits >= hitsNeeded) {
      this.#routes.add(shape);
      this.#hits.delete(shape);
      return;
    }
    // A flood of new shapes starts the counting anew; routes already known stay.
    if (hits === 1 && this.#hits.size >= CANDIDATE_LIMIT) this.#hits.clear();
    this.#hits.set(shape, hits);
  }
}
