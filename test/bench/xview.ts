import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright-core';
import { chromiumOptions } from '../harness/chromium.ts';
import { printFigure } from './figure.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * X-View's engine and ECharts draw the same 100,000 dots at 1440 × 900 while the window moves and 2,000 new dots a
 * second come, for 10 s each in headless Chromium without a graphics card.
 */
export async function runBench(): Promise<void> {
  const browser = await chromium.launch(chromiumOptions);
  try {
    const ours = await framesOf(browser, '../../hub/console/xview/bench/ours.ts');
    const echarts = await framesOf(browser, '../../hub/console/xview/bench/echarts.ts');
    const [fps, frameMs] = [
      [perSecond(ours), perSecond(echarts)],
      [p95(ours), p95(echarts)],
    ] as const;
    const reference = 'echarts 6 scatter, large, canvas';
    printFigure({ figure: 'xview.fps', value: fps[0], unit: '1/s', reference, referenceValue: fps[1] });
    printFigure({ figure: 'xview.frame_ms_p95', value: frameMs[0], unit: 'ms', reference, referenceValue: frameMs[1] });
  } finally {
    await browser.close();
  }
}

/** Lengths of the frames that the page behind `entry` managed, ms. */
async function framesOf(browser: Browser, entry: string): Promise<number[]> {
  const { outputFiles } = await build({
    entryPoints: [here(entry)],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    conditions: ['airis-source'],
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  try {
    await page.setContent('<!doctype html><body style="margin:0;overflow:hidden">');
    await page.addStyleTag({ content: readFileSync(here('../../hub/console/shell/tokens.css'), 'utf8') });
    await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
    return await page.evaluate(() => {
      const { runContender } = globalThis as unknown as { runContender: () => Promise<number[]> }; // Set by the script.
      return runContender();
    });
  } finally {
    await page.close();
  }
}

const perSecond = (frames: readonly number[]): number =>
  (1000 * frames.length) / frames.reduce((sum, length) => sum + length, 0);

function p95(frames: readonly number[]): number {
  const sorted = frames.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? Number.NaN;
}
