import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { type Inventory, inventory } from '@airis/protocol';
import { INVENTORY_WORD } from './binary/packed-program.ts';

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024;

/** Facts about the machine, read by a short-lived child: once an hour, and nothing of it stays. */
export function readInventory(): Promise<Inventory> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, childWords(), { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES }, (error, stdout) => {
      if (error !== null) return reject(error);
      const parsed = inventory.safeParse(parsedJson(stdout));
      return parsed.success ? resolve(parsed.data) : reject(new Error('the inventory is not readable'));
    });
  });
}

function childWords(): string[] {
  if (isSea()) return [INVENTORY_WORD];
  const bundled = fileURLToPath(new URL('./inventory.mjs', import.meta.url));
  if (existsSync(bundled)) return [bundled];
  return ['--conditions=airis-source', fileURLToPath(new URL('./inventory-child.ts', import.meta.url))];
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
