import { readFileSync } from 'node:fs';
import { errorCode } from '../errors.ts';
import { writeWholeFile } from '../whole-file.ts';
import type { AccessService } from './access.ts';

/** Leaves an admin API token for the programs of this machine's owner (mode 0600); one that still works is kept. */
export async function leaveBootstrapToken(access: AccessService, file: string): Promise<void> {
  const known = readOrNull(file)?.trim();
  if (known !== undefined && (await access.bearer(known, 'bootstrap')).ok) return;
  const { secret } = await access.createApiToken('system', { name: 'bootstrap', role: 'admin', lifetimeMs: null });
  writeWholeFile(file, `${secret}\n`, 0o600);
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw cause;
  }
}
