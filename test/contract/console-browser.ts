import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { chromiumOptions } from '../harness/chromium.ts';

const consoleSource = fileURLToPath(new URL('../../hub/console', import.meta.url));

export interface BuiltConsole extends Disposable {
  readonly directory: string;
}

/** Builds the console as it is now, to a folder of its own: two test files must not write to one `dist`. */
export async function buildConsole(): Promise<BuiltConsole> {
  const directory = mkdtempSync(join(tmpdir(), 'airis-console-'));
  await build({ configFile: join(consoleSource, 'vite.config.ts'), logLevel: 'error', build: { outDir: directory } });
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}

export const startBrowser = (): Promise<Browser> => chromium.launch(chromiumOptions);

/** What the page complained of: errors in scripts, and everything that the content policy blocked. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  size = { width: 1440, height: 900 },
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: size, reducedMotion: 'reduce' });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A refused request is what some tests are about; the browser reports each as an error.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 A and AA and axe's best practices; each violation as `rule: element`. Run by the debugger, past the content policy. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const axe = Reflect.get(window, 'axe') as {
      run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
    }; // Put there by the line above.
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} — ${node.failureSummary.split('\n')[1] ?? ''}`),
    );
  });
}

/** Visible text that its box cuts off without an ellipsis, and Hangul below 12 px. */
export function clippedText(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent?.trim() ?? '';
      const element = walker.currentNode.parentElement;
      if (text === '' || element === null || element.closest('.hidden-text, option, .skip') !== null) continue;
      const style = getComputedStyle(element);
      if (/[\uac00-\ud7a3]/.test(text) && Number.parseFloat(style.fontSize) < 12) found.push(`small: ${text}`);
      const isCut = element.scrollWidth > element.clientWidth + 1 && style.overflowX === 'hidden';
      if (isCut && style.textOverflow !== 'ellipsis' && element.clientWidth > 1) found.push(`cut: ${text}`);
    }
    return found;
  });
}
