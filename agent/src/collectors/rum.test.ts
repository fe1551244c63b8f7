import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { replayScriptText, rumScriptText } from '../rum/script-text.ts';
import type { Host } from './host.ts';
import { hostOfFiles } from './host-of-files-under-test.ts';
import { type HttpListenOptions, maxBodyBytesOf } from './http-listen.ts';
import { rumCollector } from './rum.ts';

const origin = 'https://shop.example.kr';
const site = { key: 'shop-key-1', name: 'shop', origins: [`${origin}/`] };
const session = '0123456789abcdef';

async function listening(settings: object = {}) {
  let options: HttpListenOptions | undefined;
  let nowMs = 1_000_000;
  const httpServer: Host['httpServer'] = async (_, given) => {
    options = given;
    return { port: 1, [Symbol.asyncDispose]: async () => undefined };
  };
  const host = { ...hostOfFiles({}, () => nowMs), ...(httpServer === undefined ? {} : { httpServer }) };
  const collector = rumCollector.create({ listen: '127.0.0.1:0', sites: [site], ...settings });
  const read = async () => {
    const samples: Record<string, number> = {};
    const write = (metric: string, value: number, attributes = {}) => {
      samples[[metric, ...Object.values(attributes)].join(' ')] = value;
    };
    await collector.collect(host, { write });
    return samples;
  };
  await read();
  return {
    collector,
    read,
    maxBodyBytes: (path: string) => maxBodyBytesOf(options!, path),
    wait: (ms: number) => {
      nowMs += ms;
    },
    post: (body: unknown, { from = origin, client = '10.0.0.9', path = '/airis-rum/beacon', method = 'POST' } = {}) =>
      options!.answer({
        method,
        path,
        contentType: 'text/plain',
        origin: from,
        client,
        body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      }).status,
  };
}

const beacon = (events: readonly object[], more: object = {}) => ({ key: site.key, session, events, ...more });
const view = (path: string) => ({ type: 'view', path });

describe('rum', () => {
  it('has a script of at most 15 KB, packed', async () => {
    expect(gzipSync(await rumScriptText()).length).toBeLessThan(15_000);
  });

  it('learns pages as access logs are learnt, and the ways between them', async () => {
    const { post, read, wait } = await listening();
    for (let i = 0; i < 25; i++) {
      post(beacon([view(`/orders/${i}`), view('/cart')]), { client: `10.0.1.${i}` });
    }
    let samples = await read();
    expect(samples['airis.rum.page_views shop /orders/{}']).toBeGreaterThan(3);
    expect(samples['airis.rum.steps shop /cart /orders/{}']).toBeGreaterThan(3);
    expect(samples['airis.rum.visits.active shop']).toBe(1);
    wait(40 * 60_000);
    samples = await read();
    expect(samples['airis.rum.exits shop /cart']).toBe(1);
    expect(samples['airis.rum.visits.active shop']).toBe(undefined);
  });

  it('rates vitals as web.dev does, and tells the 75th percentile of five minutes', async () => {
    const { post, read, wait } = await listening();
    for (const value of [1_000, 2_000, 3_000, 9_000]) post(beacon([{ type: 'vital', path: '/', name: 'lcp', value }]));
    post(beacon([{ type: 'vital', path: '/', name: 'cls', value: 0.2 }]));
    let samples = await read();
    expect(samples['airis.rum.vital.duration shop (other) lcp']).toBe(3);
    expect(samples['airis.rum.vital.layout_shift shop (other)']).toBe(0.2);
    expect(samples['airis.rum.vitals shop (other) lcp good']).toBe(2);
    expect(samples['airis.rum.vitals shop (other) lcp needs-improvement']).toBe(1);
    expect(samples['airis.rum.vitals shop (other) lcp poor']).toBe(1);
    wait(6 * 60_000);
    samples = await read();
    expect(samples['airis.rum.vital.duration shop (other) lcp']).toBe(undefined);
    expect(samples['airis.rum.vitals shop (other) lcp good']).toBe(2);
  });

  it('takes nothing of a foreign key, page, path or form, and says so', async () => {
    const { post, read, collector } = await listening();
    expect(post(beacon([view('/')], { key: 'other-key-9' }))).toBe(403);
    expect(post(beacon([view('/')]), { from: 'https://evil.example' })).toBe(403);
    expect(post(beacon([view('/')]), { from: '' })).toBe(403);
    expect(post(beacon([view('/')]), { path: '/' })).toBe(404);
    expect(post(beacon([view('/')]), { method: 'GET' })).toBe(405);
    for (const body of [
      '',
      '{',
      '[]',
      'null',
      '"x"',
      beacon([], { session: '../../etc' }),
      beacon(Array(101).fill(view('/'))),
    ]) {
      expect(post(body, { client: String(Math.random()) })).toBe(400);
    }
    const strange = [
      view('/'),
      { type: 'view' },
      { type: 'vital', path: '/', name: 'xyz', value: 1 },
      { type: 'vital', path: '/', name: 'lcp', value: -1 },
      7,
      null,
    ];
    expect(post(beacon(strange as object[]))).toBe(204);
    const samples = await read();
    expect(Object.entries(samples).filter(([name]) => !name.startsWith('airis.rum.visits'))).toEqual([
      ['airis.rum.page_views shop (other)', 1],
    ]);
    expect(collector.context?.().note).toContain('403 3');
    expect(collector.context?.().note).toContain('events 5');
  });

  it('bounds what one address and what all of them may send', async () => {
    const { post, read, wait } = await listening({ maxBeaconsPerClient: 3, maxBeaconsPerSecond: 5 });
    expect([1, 2, 3, 4].map(() => post(beacon([view('/')])))).toEqual([204, 204, 204, 429]);
    expect(['a', 'b', 'c'].map((client) => post(beacon([view('/')]), { client }))).toEqual([204, 204, 429]);
    await read();
    expect(post(beacon([view('/')]), { client: 'd' })).toBe(204);
    wait(11_000);
    expect(post(beacon([view('/')]))).toBe(204);
  });

  it('holds as many pages, visits and lines as it may, whatever comes', async () => {
    const { post, read, collector } = await listening({ maxBeaconsPerSecond: 10_000, maxBeaconsPerClient: 1_000 });
    for (let i = 0; i < 6_000; i++) {
      const id = i.toString(16).padStart(16, '0');
      const error = { type: 'error', path: `/p${i}`, message: `e${i}`, file: '', stack: '' };
      post({ key: site.key, session: id, events: [view(`/p${i}`), error] }, { client: `c${i}` });
    }
    expect(Object.keys(await read()).length).toBeLessThan(2_000);
    let lines = 0;
    collector.deliverLines?.({ accept: () => ++lines > 0 });
    expect(lines).toBe(1_000);
  });

  it('takes recordings of sites that allow it alone, so many and so large, masked whoever sends them', async () => {
    const page = 'fedcba9876543210';
    const node = (tagName: string, attributes: object, childNodes: object[] = []) => ({
      type: 2,
      id: 7,
      tagName,
      attributes,
      childNodes,
    });
    const hostile = node('div', { onclick: 'alert(1)', style: 'background: url(//evil.example/x)' }, [
      node('script', { src: '//evil.example/x.js' }, [{ type: 3, id: 8, textContent: 'alert(1)' }]),
      node('a', { href: 'javascript:alert(1)' }, [{ type: 3, id: 9, textContent: 'evil' }]),
      node('img', { src: '//evil.example/x.png', onerror: 'alert(1)', rr_dataURL: 'data:evil' }),
      node('link', { _cssText: '@import "//evil.example"; a { color: red; content: "evil"; src: ur<l(//x) }' }),
      node('iframe', { srcdoc: 'evil' }),
    ]);
    const events = [{ type: 2, timestamp: 1, data: { node: hostile, initialOffset: { left: 0, top: 0 } } }];
    const part = (more: object = {}) => ({ ...beacon(events), page, part: 0, path: '/cart?evil', ...more });
    const to = { path: '/airis-rum/replay' };
    const closed = await listening();
    expect(closed.post(part(), to)).toBe(403);
    const { post, collector, wait, maxBodyBytes } = await listening({
      sites: [{ ...site, replay: true }],
      maxBeaconsPerClient: 1_000,
    });
    expect(['/airis-rum/beacon', to.path].map(maxBodyBytes)).toEqual([64 * 1024, 512 * 1024]);
    expect(post(part(), to)).toBe(204);
    const [row] = collector.takeRecordings!();
    expect(row!.slice(1, 6)).toEqual([session, 'shop', '(other)', page, 0]);
    expect(row![6]).toContain('color: red');
    expect(row![6]).not.toMatch(/evil|alert|onerror|script|href|import|url\(|iframe|img/);

    for (const bad of ['', '[', '{}', '\0', part({ events: [] }), part({ page: '../../etc' }), part({ part: -1 })]) {
      expect(post(bad, to)).toBe(400);
    }
    expect(post(part({ key: 'other-key-1' }), to)).toBe(403);
    expect(post(part(), { ...to, from: 'https://evil.example' })).toBe(403);
    expect(post(part({ events: [null, 1, [], { type: 5, timestamp: 1, data: {} }] }), to)).toBe(429);
    const deep = `${'{"type":2,"id":1,"childNodes":['.repeat(4_000)}${']}'.repeat(4_000)}`;
    expect(post(JSON.stringify(part()).replace(JSON.stringify(hostile), deep), to)).toBe(204);
    wait(31 * 60_000);
    expect(post(part(), to)).toBe(429);
    const begun = Array.from({ length: 70 }, (_, i) => post(part({ session: `${i}`.padStart(16, '0') }), to));
    expect(begun.filter((status) => status === 204)).toHaveLength(59);
  });

  it('keeps the recorder apart from the script', async () => {
    expect(gzipSync(await replayScriptText()).length).toBeLessThan(70_000);
  });
});
