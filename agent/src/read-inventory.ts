import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Inventory, inventory } from '@airis/protocol';

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024;

/** Facts about the machine, read by a short-lived child: once an hour, and nothing of it stays. */
export function readInventory(): Promise<Inventory> {
  const bundled = fileURLToPath(new URL('./inventory.mjs', import.meta.url));
  const isBundled = existsSync(bundled);
  const program = isBundled ? bundled : fileURLToPath(new URL('./inventory-child.ts', import.meta.url));
  const words = isBundled ? [program] : ['--conditions=airis-source', program];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES }, (error, stdout) => {
      if (error !== null) return reject(error);
      const parsed = inventory.safeParse(parsedJson(stdout));
      return parsed.success ? resolve(parsed.data) : reject(new Error('the inventory is not readable'));
    });
  });
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
