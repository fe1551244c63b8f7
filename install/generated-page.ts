import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Writes a page made from the sources; with `--check` on the command line it only says whether the page is up to date. */
export function keepPage(path: string, text: string, summary: string): void {
  const page = join(root, path);
  if (!process.argv.includes('--check')) {
    writeFileSync(page, text);
    process.stdout.write(`${summary} in ${path}\n`);
  } else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
    process.stdout.write(`${path} is out of date: run install/settings-page.ts and install/metrics-page.ts\n`);
    process.exitCode = 1;
  }
}

/** Text as a cell of a table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
