import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { axeViolations, type BuiltConsole, buildConsole, openPage, startBrowser } from './console-browser.ts';
import { type ConsoleFixture, startConsoleFixture } from './console-fixture.ts';

let browser: Browser;
let hub: ConsoleFixture;
let built: BuiltConsole;

beforeAll(async () => {
  built = await buildConsole();
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  built?.[Symbol.dispose]();
});
beforeEach(async () => {
  hub = await startConsoleFixture(built.directory);
  return async () => hub[Symbol.asyncDispose]();
});

const open = (path: string) => openPage(browser, hub.url + path);

/** A key as a Korean layout sends it: the place is KeyJ, the letter is ㅓ. */
const pressKorean = (page: Page, code: string, key: string) =>
  page.evaluate(
    ([keyCode, letter]) =>
      document.dispatchEvent(new KeyboardEvent('keydown', { code: keyCode ?? '', key: letter ?? '', bubbles: true })),
    [code, key],
  );

describe('without a mouse', () => {
  it('leads from the overview to an incident, its evidence, and "I am on it"', async () => {
    const { page, complaints } = await open('/?lang=ko&theme=dark');
    await page.getByText('was-pay-02 CPU 포화').first().waitFor();
    await page.keyboard.press('j');
    await page.locator('tr[aria-selected="true"]', { hasText: 'INC-1042' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/incidents/INC-1042?**');
    const chip = page.locator('.cause').first().getByRole('button', { name: /^E1/ }).first();
    await chip.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/e=E1/);
    await page.locator('#evidence-E1.open').getByText('system.cpu.utilization').waitFor();
    await page.getByRole('button', { name: '대응 중으로 표시' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.incident-head').getByText('대응 중', { exact: true }).waitFor();
    expect(hub.requests).toContain('POST /api/v1/incidents/INC-1042/ack');
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.search.includes('e=E1'));
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('works with a Korean layout, and finds by initial consonants', async () => {
    const { page } = await open('/hosts?lang=ko');
    await page.getByText('was-pay-02').first().waitFor();
    await pressKorean(page, 'KeyJ', 'ㅓ');
    await page.waitForURL(/sel=host%3Awas-pay-02/);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('ㅇㅅㄷㅌ');
    await page.getByRole('option', { name: /인시던트/ }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/incidents?**');
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await page.waitForURL((url) => url.pathname === '/');
    await page.keyboard.press('Shift+Slash');
    await page.getByRole('dialog').getByText('다음 줄').waitFor();
    await page.close();
  });

  it('takes a typed time into the URL, and Back brings the old one', async () => {
    const { page } = await open('/?lang=ko');
    await page.getByText('was-pay-02 CPU 포화').first().waitFor();
    await page.keyboard.press('d');
    await page.getByLabel('시간 범위 입력').fill('어제 9시');
    await page.keyboard.press('Enter');
    await page.waitForURL(/from=.*T09%3A00%3A00%2B09%3A00/);
    await page.getByText('고정').first().waitFor();
    await page.goBack();
    await page.getByText('실시간').first().waitFor();
    await page.close();
  });

  it('adds a host with one command', async () => {
    const { page } = await open('/hosts?lang=en');
    await page.getByRole('button', { name: 'Add host' }).click();
    await page.getByText('--token airis-join-8Kq2').waitFor();
    await page.getByText(/Expires in 1[45] min/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    hub.extraHosts = 1;
    await page.getByRole('dialog').getByText('app-extra-0').waitFor({ timeout: 10_000 });
    await page.close();
  });
});

describe('signing in', () => {
  it('keeps the address that was asked for', async () => {
    hub.signedIn = false;
    const { page } = await open('/hosts?sel=host:was-pay-02&lang=en');
    await page.getByLabel('User').fill('minji');
    await page.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('UNAUTHENTICATED').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByLabel('Password').fill('right password');
    await page.keyboard.press('Enter');
    await page.getByText('Roles found and why').waitFor();
    expect(new URL(page.url()).search).toContain('sel=host');
    await page.close();
  });

  it('uses a link once and takes its token out of the address', async () => {
    hub.signedIn = false;
    const { page } = await open('/incidents?lang=en#signin=one-time-link-token');
    await page.getByText('3 incidents are open.').waitFor();
    expect(page.url()).not.toContain('one-time-link-token');
    await page.close();
  });
});

describe('truthfulness', () => {
  it('shows old values as old within 10 s when the hub fails, and recovers', async () => {
    const { page } = await open('/hosts?lang=en');
    await page.getByText('97 %').first().waitFor();
    hub.mode = 'failing';
    const failedAtMs = performance.now();
    await page.locator('main .panel.stale').first().waitFor({ timeout: 10_000 });
    await page
      .locator('.menu-foot')
      .getByText('Stale')
      .waitFor({ timeout: 10_000 - (performance.now() - failedAtMs) });
    expect(await page.locator('td', { hasText: '97 %' }).count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    hub.mode = 'full';
    await page.getByText('97 %').first().waitFor({ timeout: 10_000 });
    await page.close();
  });

  it('shows a dash for a host that is not heard from, never 0', async () => {
    const { page } = await open('/hosts?lang=en&q=web-07');
    await page.locator('td', { hasText: 'web-07' }).waitFor();
    const cells = await page.locator('tr', { hasText: 'web-07' }).locator('td.num').allInnerTexts();
    expect(cells.slice(0, 3)).toEqual(['–', '–', '–']);
    await page.close();
  });
});

describe('scale', () => {
  it('keeps at most 60 rows of a thousand hosts in the page', async () => {
    hub.extraHosts = 1000;
    const { page } = await open('/hosts?lang=en');
    await page.getByText('was-pay-02').first().waitFor();
    expect(await page.locator('tbody tr').count()).toBeLessThanOrEqual(60);
    await page.getByRole('grid').focus();
    await page.keyboard.press('End');
    await page.locator('tr[aria-selected="true"]').waitFor();
    expect(await page.locator('tbody tr').count()).toBeLessThanOrEqual(60);
    await page.close();
  });

  it('asks nothing for charts that are out of sight', async () => {
    const { page } = await openPage(browser, `${hub.url}/hosts/was-pay-02?lang=en`, { width: 1440, height: 300 });
    await page.locator('.chart').first().waitFor();
    expect(hub.metrics).toContain('system.cpu.utilization');
    expect(hub.metrics).not.toContain('airis.pressure.stall.ratio');
    await page.getByRole('heading', { name: /pressure/ }).scrollIntoViewIfNeeded();
    await expect.poll(() => hub.metrics, { timeout: 10_000 }).toContain('airis.pressure.stall.ratio');
    await page.close();
  });
});
