import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AgentUnderTest, startAgent } from '../harness/agent-under-test.ts';
import { chromiumOptions } from '../harness/chromium.ts';
import { type HubUnderTest, startHub } from '../harness/hub-under-test.ts';
import { type TempFolder, tempFolder } from '../harness/temp-folder.ts';

let folder: TempFolder;
let hub: HubUnderTest;
let agent: AgentUnderTest;
let browser: Browser;

beforeAll(async () => {
  folder = await tempFolder('console');
  hub = await startHub(folder.path);
  agent = await startAgent(hub, 'this-host');
  browser = await chromium.launch(chromiumOptions);
});

afterAll(async () => {
  await browser?.close();
  await agent?.stop();
  await hub?.stop();
  await folder?.[Symbol.asyncDispose]();
});

it.each([
  { lang: 'ko', hosts: '호스트' },
  { lang: 'en', hosts: 'Hosts' },
])('a newcomer signs in by link and sees this very host live ($lang)', async ({ lang, hosts }) => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const problems = watchProblems(page);
  const { token } = await hub.api<{ token: string }>('POST', '/api/v1/sign-in-links', {});
  await page.goto(`${hub.http()}/hosts?lang=${lang}#signin=${token}`);
  await page.getByText(hostname()).first().waitFor({ timeout: 30_000 });
  expect(await page.getByRole('heading', { name: hosts }).count()).toBeGreaterThan(0);
  await page
    .locator('body')
    .getByText(/\d+(\.\d+)?\s?%/)
    .first()
    .waitFor({ timeout: 30_000 });
  await shoot(page, `hosts-${lang}`);

  await page.goto(`${hub.http()}/hosts/this-host?lang=${lang}`);
  await page.locator('canvas').first().waitFor({ timeout: 30_000 });
  await shoot(page, `host-${lang}`);
  await page.goto(`${hub.http()}/settings/health?lang=${lang}`);
  await page.getByText('nats', { exact: false }).first().waitFor({ timeout: 30_000 });
  await shoot(page, `health-${lang}`);
  expect(problems).toEqual([]);
  await page.close();
});

/** Script errors and refused requests; a page that looks right and logs errors is not right. */
function watchProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('401')) problems.push(message.text());
  });
  return problems;
}

async function shoot(page: Page, name: string): Promise<void> {
  const screenshots = join(import.meta.dirname, '../../.tools/screenshots');
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}
