import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouteClasses } from './route-classes.ts';

function after(paths: readonly string[], times: number, routes = new RouteClasses()): Set<string> {
  const seen = new Set<string>();
  for (let hit = 0; hit < times; hit++) for (const path of paths) seen.add(routes.routeOf(path, 200));
  return seen;
}

it.each([
  ['/', '/'],
  ['/api/orders/1234/items', '/api/orders/{}'],
  ['/api/v2/orders', '/api/v2/orders'],
  ['/shop/getOrderList.do', '/shop/getOrderList.do'],
  ['/users/login', '/users/login'],
  ['/users/hong%20gil', '/users/{}'],
  ['/users/kimminsu', '/users/{}'],
  ['/users/Hong_Gildong', '/users/{}'],
  ['/u/jane.doe', '/u/{}'],
  ['/~kim/files', '/{}/files'],
  ['/mail/kim@example.com', '/mail/{}'],
  ['/js/app.3f2a.js', '(static)'],
  [`/${'a'.repeat(40)}`, '/{}'],
])('learns the route of %s', (path, want) => {
  // `u` is no word of the list: it is shown once its place has proved to hold few words.
  const routes = new RouteClasses();
  after([path], 600, routes);
  expect(routes.routeOf(path, 200)).toBe(want);
});

describe('what somebody is called', () => {
  const letters = fc.stringMatching(/^[a-z]{5,12}$/);
  const hangul = fc.string({ unit: fc.constantFrom('홍', '길', '동', '김', '민', '수'), minLength: 2, maxLength: 4 });
  const name = fc.oneof(
    letters.map((text) => `kim${text}q`),
    letters.map((text) => `Q${text}_Hong`),
    letters.map((text) => `${text}.q`),
    letters.map((text) => `${text}q@example.com`),
    hangul,
    hangul.map(encodeURIComponent),
    fc.integer({ min: 10_000, max: 9_999_999_999 }).map(String),
    fc.stringMatching(/^8\d{5}-1\d{6}$/),
  );
  const parent = fc.constantFrom('', '/users', '/u', '/api/members', '/shop/wishlist', '/blog', '/x/y');

  it('leaves with no route, whether asked for one after the other or all at once', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 1, maxLength: 40 }),
        parent,
        fc.integer({ min: 25, max: 120 }),
        fc.boolean(),
        (names, below, times, inTurn) => {
          const routes = new RouteClasses();
          const paths = names.map((one) => `${below}/${one}`);
          const seen = inTurn
            ? after(paths, times, routes)
            : new Set(paths.flatMap((path) => [...after([path], times, routes)]));
          for (const route of seen) for (const one of names) expect(route.split('/')).not.toContain(one);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leaves with none even if asked for all day, below a word for people', () => {
    expect(after(['/users/kimminsu'], 20_000)).toEqual(new Set(['(other)', '/users/{}']));
  });

  it('is taken back where its place shows more and more of them', () => {
    const routes = new RouteClasses();
    expect(after(['/news/kimminsu'], 1_000, routes)).toContain('/news/kimminsu');
    const crowd = Array.from({ length: 100 }, (_, i) => `/news/${String.fromCharCode(97 + (i % 26), 97 + i / 26)}hong`);
    after(crowd, 1, routes);
    expect(routes.has('/news/kimminsu')).toBe(false);
    expect(after(['/news/kimminsu', ...crowd], 300, routes)).toEqual(new Set(['/news/{}']));
  });
});

describe('an interface', () => {
  it('of 30 own words at one level stays readable when each is asked for often', () => {
    const words = Array.from({ length: 30 }, (_, i) => `gaz${String.fromCharCode(97 + i / 5, 97 + (i % 5))}`);
    const routes = new RouteClasses();
    after(
      words.map((word) => `/api/${word}`),
      300,
      routes,
    );
    const learnt = words.filter((word) => routes.routeOf(`/api/${word}`, 200) === `/api/${word}`);
    expect(learnt.length).toBe(30);
  });

  it('has at most 32 routes, and none from what is not found', () => {
    const routes = new RouteClasses();
    const word = (i: number) => String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26));
    for (let i = 0; i < 100; i++) expect(routes.routeOf(`/scan/${word(i % 3)}`, 404)).toBe('(other)');
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) for (const route of after([`/${word(i)}/orders/list`], 25, routes)) seen.add(route);
    expect(seen.size).toBeLessThanOrEqual(33);
  });
});

it('takes any text', () => {
  const routes = new RouteClasses();
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 100, max: 599 }), (path, status) => void routes.routeOf(path, status)),
  );
});
