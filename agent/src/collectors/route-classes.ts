/** Routes that have a series of their own; all others share `(other)`. */
const ROUTE_LIMIT = 32;
/** Requests answered well before a route counts as one: a scanner's guesses are answered with 404. */
const HITS_NEEDED = 20;
const CANDIDATE_LIMIT = 1_000;
const SEGMENT_LIMIT = 3;
const staticFile = /\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|txt|xml)$/i;

/** `/api/orders/1234/items/5` → `/api/orders/{}`: what varies is left out, at most three parts are kept. */
export function routeShape(path: string): string {
  if (staticFile.test(path)) return '(static)';
  const parts = path.split('/').filter((part) => part !== '');
  return `/${parts
    .slice(0, SEGMENT_LIMIT)
    .map((part) => (/^[A-Za-z][A-Za-z_.-]{0,23}$/.test(part) ? part : '{}'))
    .join('/')}`;
}

/** Gives each request a route out of a bounded list, learnt from what is asked for often and answered well. */
export class RouteClasses {
  readonly #routes = new Set<string>(['(static)']);
  readonly #hits = new Map<string, number>();

  routeOf(path: string, status: number): string {
    const shape = routeShape(path);
    if (this.#routes.has(shape)) return shape;
    if (status < 400 && this.#routes.size < ROUTE_LIMIT) this.#count(shape);
    return this.#routes.has(shape) ? shape : '(other)';
  }

  #count(shape: string): void {
    const hits = (this.#hits.get(shape) ?? 0) + 1;
    if (hits >= HITS_NEEDED) {
      this.#routes.add(shape);
      this.#hits.delete(shape);
      return;
    }
    // A flood of new shapes starts the counting anew; routes already known stay.
    if (hits === 1 && this.#hits.size >= CANDIDATE_LIMIT) this.#hits.clear();
    this.#hits.set(shape, hits);
  }
}
