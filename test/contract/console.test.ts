import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  axeViolations,
  type BuiltConsole,
  buildConsole,
  clippedText,
  openPage,
  startBrowser,
} from './console-browser.ts';
import { type ConsoleFixture, startConsoleFixture } from './console-fixture.ts';

const KB = 1000;

let browser: Browser;
let hub: ConsoleFixture;
let built: BuiltConsole;

beforeAll(async () => {
  built = await buildConsole();
  hub = await startConsoleFixture(built.directory);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await hub?.[Symbol.asyncDispose]();
  built?.[Symbol.dispose]();
});
beforeEach(() => {
  Object.assign(hub, { mode: 'full', signedIn: true, isAcknowledged: false, extraHosts: 0, hasShop: false });
});

describe('the built console', () => {
  const assets = () =>
    readdirSync(join(built.directory, 'assets')).map((name) => join(built.directory, 'assets', name));
  const gzipKb = (ending: string): number =>
    assets()
      .filter((file) => file.endsWith(ending))
      .reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0) / KB;

  it('fits its budget: 250 KB of script before the first page and 20 KB of style, compressed', () => {
    const html = readFileSync(join(built.directory, 'index.html'), 'utf8');
    const first = assets().filter((file) => file.endsWith('.js') && html.includes(basename(file)));
    expect(first.length).toBeGreaterThan(0);
    expect(first.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0) / KB).toBeLessThan(250);
    expect(first.length).toBeLessThan(assets().filter((file) => file.endsWith('.js')).length);
    expect(gzipKb('.css')).toBeLessThan(20);
  });

  it('has nothing inline and asks nothing of another origin', () => {
    const html = readFileSync(join(built.directory, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|https?:\/\//);
    for (const file of assets()) {
      const text = readFileSync(file, 'utf8');
      expect(text).not.toMatch(/@font-face|@import|url\(["']?(https?:)?\/\//);
      expect(statSync(file).size).toBeGreaterThan(0);
    }
  });
});

const pages = {
  overview: '/',
  incidents: '/incidents?tab=all',
  incident: '/incidents/INC-1042?e=E1',
  hosts: '/hosts?sel=host:was-pay-02',
  host: '/hosts/was-pay-02',
  health: '/settings/health',
} as const;

const withLook = (path: string, look: string): string => `${hub.url}${path}${path.includes('?') ? '&' : '?'}${look}`;

describe('in Korean and English, dark and light', () => {
  it.each(Object.entries(pages))('%s can be read by everyone and cuts nothing off', async (_, path) => {
    const { page, complaints } = await openPage(browser, withLook(path, 'lang=ko&theme=dark'));
    await page.locator('main .panel .panel-content :is(table, canvas, .facts, .fleet)').first().waitFor();
    const violations: string[] = [];
    for (const key of ['l', 't', 'l', 't']) {
      await page.keyboard.press(key);
      const look = await page.evaluate(
        () => `${document.documentElement.lang} ${document.documentElement.dataset.theme}`,
      );
      const found = [...(await axeViolations(page)), ...(await clippedText(page))];
      violations.push(...found.map((text) => `${look}: ${text}`));
      if (look.startsWith('en')) expect(await page.locator('main').innerText()).not.toMatch(/[가-힣]/);
    }
    expect(violations).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe('what only the host knows', () => {
  it.each([
    ['ko', '표시 구간의 로그', '주문 <num> 결제 승인', '12줄은 비공개'],
    ['en', 'Log lines of the time shown', '40 lines', '12 lines stay on the host'],
    ['ko', '스레드 덤프', 'BLOCKED (on object monitor)', 'StockLock.java:88'],
  ])('is asked for on its page (%s): %s', async (lang, button, ...shown) => {
    const { page, complaints } = await openPage(browser, withLook('/hosts/was-pay-02', `lang=${lang}&theme=dark`));
    await page.getByRole('button', { name: button }).click();
    for (const text of shown) await page.getByText(text).first().waitFor();
    expect([...(await axeViolations(page)), ...(await clippedText(page))]).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe('a panel that cannot be drawn', () => {
  it('says so in its own place, and draws again once it can', async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const capacity = '**/api/v1/hosts/*/capacity';
    await page.route(capacity, (route) => route.fulfill({ json: { host: 'host:was-pay-02', resources: [null] } }));
    await page.goto(withLook('/hosts/was-pay-02', 'lang=en&theme=dark'));
    const panel = page.locator('section.panel', { has: page.getByRole('heading', { name: 'Capacity' }) });
    await panel.getByText('The rest of the page still works').waitFor();
    expect(await page.locator('main section.panel').count()).toBeGreaterThan(6);
    expect(await page.getByRole('alert').count()).toBe(1);
    await page.unroute(capacity);
    await page.reload();
    await panel.locator('.places li').first().waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.close();
  });
});

describe('which logs may leave a host', () => {
  it.each([
    ['ko', '마스킹한 줄이 허브로 가는 로그', '변경', '공개할 로그, 한 줄에 하나', '저장'],
    ['en', 'Logs whose masked lines go to the hub', 'Change', 'Logs that are not private, one a line', 'Save'],
  ])('is shown and changed on its page (%s)', async (lang, about, change, patterns, save) => {
    const { page, complaints } = await openPage(browser, withLook('/hosts/was-pay-02', `lang=${lang}&theme=dark`));
    await page.getByText(about).waitFor();
    await page.getByRole('button', { name: change, exact: true }).click();
    await page.getByLabel(patterns).fill('/srv/tomcat/logs/**\n\n journal:sshd.service ');
    expect([...(await axeViolations(page)), ...(await clippedText(page))]).toEqual([]);
    await page.getByRole('button', { name: save, exact: true }).click();
    await page.getByText('journal:sshd.service', { exact: true }).waitFor();
    expect(await page.locator('.log-sources code').allInnerTexts()).toEqual([
      '/srv/tomcat/logs/**',
      'journal:sshd.service',
    ]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe('what fills up', () => {
  it.each([
    [
      'ko',
      '고갈 예상',
      '60일 안에 고갈될 확률 97 %',
      '이르면 고갈',
      '60일 안에 고갈되지 않음',
      '3일 이상의 이력이 필요합니다',
    ],
    [
      'en',
      'full about',
      '97 % within 60 days',
      'perhaps full from',
      'not full within 60 days',
      'needs three days of past',
    ],
  ])('is told on the host page with dates and odds (%s)', async (lang, ...shown) => {
    const { page, complaints } = await openPage(browser, withLook('/hosts/was-pay-02', `lang=${lang}&theme=light`));
    for (const text of shown) {
      await page.getByText(text).first().scrollIntoViewIfNeeded();
      await page.getByText(text).first().waitFor();
    }
    expect([...(await axeViolations(page)), ...(await clippedText(page))]).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe.each(['empty', 'slow', 'failing'] as const)('when the hub is %s', (mode) => {
  it.each(['/', '/incidents', '/xview', '/hosts', '/hosts/was-pay-02', '/settings/health'])(
    '%s says so, readably',
    async (path) => {
      hub.mode = mode;
      const { page, complaints } = await openPage(browser, withLook(path, 'lang=ko&theme=dark'));
      if (mode === 'failing') await page.getByText('STORE_TIMEOUT').first().waitFor();
      if (mode === 'slow') await page.locator('.skeleton').first().waitFor();
      if (mode === 'empty' && path !== '/settings/health') await page.locator('.state').first().waitFor();
      expect(await axeViolations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.close();
    },
  );
});
