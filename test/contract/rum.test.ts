import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHost } from '../../agent/src/collectors/host.ts';
import { rumCollector } from '../../agent/src/collectors/rum.ts';
import { createTestNginx, type TestNginx } from '../../agent/src/discover/nginx-under-test.ts';
import { freePort } from '../../agent/src/free-port-under-test.ts';
import { canaries } from '../../agent/src/gate/canaries-under-test.ts';
import type { LogLine } from '../../agent/src/receivers/log-line.ts';
import { until } from '../harness/until.ts';
import { openPage, startBrowser } from './console-browser.ts';

const KEY = 'shop-key-1';
const secret = canaries.email;

/** A page whose texts, fields and addresses hold what nobody may be told. */
const page = `<!doctype html><title>Shop ${secret}</title>
  <script src="/airis-rum/script.js" data-key="${KEY}" async></script>
  <h1>${secret}</h1><input id="who" value="${secret}"><button id="buy">Buy ${secret}</button>
  <script>
    document.getElementById('buy').onclick = () => {
      history.pushState(null, '', '/cart?who=${secret}#${secret}');
      fetch('/broken?who=${secret}');
      setTimeout(() => { throw new Error('cart is empty'); });
    };
  </script>`;

/** Private text wherever a page can hold some. */
const recorded = `<!doctype html><title>Kept ${secret}</title>
  <script src="/airis-rum/script.js" data-key="${KEY}" data-replay="1" async></script>
  <style>
    .note::before { content: "${secret}"; }
    .box { color: red; background: url(/i.png?who=${secret}); }
    [data-who="${secret}"] { color: blue; }
    /* ${secret} */
  </style>
  <!-- ${secret} -->
  <h1 class="note box ${secret}" id="${secret}" title="${secret}" aria-label="${secret}" data-who="${secret}">${secret}</h1>
  <p style="width: 9px; background: url(/j.png?who=${secret})">${secret}</p>
  <a href="/cart?who=${secret}">${secret}</a> <img src="/k.png?who=${secret}" alt="${secret}" srcset="/l.png?${secret} 2x">
  <form action="/send?${secret}"><input id="who" name="${secret}" value="${secret}" placeholder="${secret}">
    <input type="password" value="${secret}"><input type="hidden" value="${secret}">
    <textarea>${secret}</textarea>
    <select><option value="${secret}" label="${secret}">${secret}</option><option selected>${secret}</option></select></form>
  <svg viewBox="0 0 9 9"><title>${secret}</title><text>${secret}</text></svg><div id="host"></div><div contenteditable id="free"></div>
  <script>
    const root = document.getElementById('host').attachShadow({ mode: 'open' });
    root.innerHTML = '<style>b::after { content: "${secret}" }</style><b title="${secret}">${secret}</b>';
    window.change = () => {
      const more = document.createElement('p');
      more.textContent = '${secret}';
      more.setAttribute('title', '${secret}');
      document.body.append(more);
      document.querySelector('a').setAttribute('href', '/later?${secret}');
      document.querySelector('h1').firstChild.data = '${secret} again';
      root.querySelector('b').textContent = '${secret}';
      document.styleSheets[0].insertRule('i::after { content: "${secret}" }');
    };
  </script>`;

let browser: Browser;
let nginx: TestNginx;
let collector: ReturnType<typeof rumCollector.create>;

beforeAll(async () => {
  const port = await freePort();
  nginx = await createTestNginx({
    locations: `
      location /airis-rum/ { proxy_pass http://127.0.0.1:${port}; proxy_set_header X-Forwarded-For $remote_addr; }
      location = / { default_type text/html; return 200 '${page.replaceAll("'", "\\'")}'; }
      location = /kept { default_type text/html; return 200 '${recorded.replaceAll("'", "\\'")}'; }`,
  });
  await nginx.start();
  const origin = `http://127.0.0.1:${nginx.port}`;
  const settings = {
    listen: `127.0.0.1:${port}`,
    sites: [{ key: KEY, name: 'shop', origins: [origin], replay: true }],
  };
  collector = rumCollector.create(settings);
  await read();
  browser = await startBrowser();
}, 60_000);

afterAll(async () => {
  await browser.close();
  await collector.close?.();
  await nginx[Symbol.asyncDispose]();
});

async function read(): Promise<Record<string, number>> {
  const samples: Record<string, number> = {};
  await collector.collect(createHost(), {
    write: (metric, value, attributes = {}) => {
      samples[[metric, ...Object.values(attributes)].join(' ')] = value;
    },
  });
  return samples;
}

describe('the script for pages', () => {
  it('tells vitals, pages, clicks, failed calls and errors of a real browser, and nothing private', async () => {
    const { page: opened, complaints } = await openPage(browser, `http://127.0.0.1:${nginx.port}/?q=${secret}`);
    await opened.fill('#who', 'somebody@else.example');
    await opened.click('#buy');
    await opened.waitForTimeout(300);
    await opened.close({ runBeforeUnload: false });
    // Clicks go with a beacon on the way, layout shifts with the last one, when the page is left.
    const samples: Record<string, number> = {};
    await until('the last beacon to come', 10_000, async () => {
      Object.assign(samples, await read());
      const names = Object.keys(samples);
      return names.some((name) => name.startsWith('airis.rum.vital.layout_shift')) &&
        names.some((name) => name.startsWith('airis.rum.clicks'))
        ? true
        : null;
    });
    const names = Object.keys(samples).map((name) => name.split(' ')[0]);
    expect(new Set(names)).toEqual(
      new Set([
        'airis.rum.page_views',
        'airis.rum.clicks',
        'airis.rum.errors',
        'airis.rum.calls',
        'airis.rum.call.duration',
        'airis.rum.vitals',
        'airis.rum.vital.duration',
        'airis.rum.vital.layout_shift',
        'airis.rum.visits.active',
      ]),
    );
    expect(samples['airis.rum.page_views shop (other)']).toBe(2);
    expect(samples['airis.rum.calls shop (other) 5xx']).toBe(1);
    expect(samples['airis.rum.errors shop (other)']).toBe(1);
    const lines: LogLine[] = [];
    collector.deliverLines?.({ accept: (line) => lines.push(line) > 0 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ source: 'rum:shop', severity: 17 });
    expect(lines[0]!.text).toContain('cart is empty');
    const all = JSON.stringify([samples, lines]);
    for (const word of [secret, 'somebody@else.example']) expect(all).not.toContain(word);
    expect(complaints.filter((text) => !text.includes('cart is empty'))).toEqual([]);
  });

  it('records a chosen visit without any of its texts, entries, addresses or pictures', async () => {
    const address = `http://127.0.0.1:${nginx.port}`;
    const { page: opened } = await openPage(browser, 'about:blank');
    const left: string[] = [];
    opened.on('request', (request) => {
      if (/airis-rum/.test(request.url())) left.push(`${request.url()} ${request.postData() ?? ''}`);
    });
    await opened.goto(`${address}/kept?q=${secret}#${secret}`);
    await until('the first part', 15_000, async () =>
      left.some((text) => text.includes('/airis-rum/replay {')) ? true : null,
    );
    await opened.fill('#who', secret);
    await opened.fill('#free', secret);
    await opened.selectOption('select', { index: 0 });
    await opened.evaluate('window.change()');
    await opened.waitForTimeout(6_000);
    await opened.close({ runBeforeUnload: false });
    const rows = collector.takeRecordings?.() ?? [];
    expect(rows.length).toBeGreaterThan(1);
    const [first, ...rest] = rows.map(([, , , , , , events]) => events);
    expect(first).toContain('"tagName":"h1"');
    expect(first).toContain('color: red');
    expect(rest.join('')).toContain('*');
    const all = JSON.stringify([left, rows]);
    for (const word of [secret, secret.split('@')[0]!]) expect(all).not.toContain(word);
    for (const word of ['href":"/', 'srcset', 'placeholder', 'k.png', 'j.png', 'i.png'])
      expect(all).not.toContain(word);
  }, 60_000);

  it('is silent where the visitor asks not to be followed', async () => {
    const context = await browser.newContext();
    await context.addInitScript("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })");
    const silent = await context.newPage();
    const before = await read();
    await silent.goto(`http://127.0.0.1:${nginx.port}/`);
    await silent.click('#buy');
    await context.close();
    await new Promise((done) => setTimeout(done, 500));
    expect((await read())['airis.rum.clicks shop (other)']).toBe(before['airis.rum.clicks shop (other)']);
  });
});
