import { chmodSync, readFileSync } from 'node:fs';
import { errorCode } from '../errors.ts';
import type { AccessStore } from '../store/state/access.ts';
import { writeWholeFile } from '../whole-file.ts';
import type { AccessService } from './access.ts';

const NAME = 'bootstrap';
const BY = 'system';

/**
 * Leaves an admin API token for the programs of this machine's owner (mode 0600); one that still works is kept. There is
 * one at a time: whoever deletes the file and starts again has taken the old token out of the world.
 */
export async function leaveBootstrapToken(
  access: AccessService,
  people: Pick<AccessStore, 'apiTokens'>,
  file: string,
): Promise<void> {
  const known = readOrNull(file)?.trim();
  if (known !== undefined && (await access.bearer(known, 'bootstrap')).ok) {
    chmodSync(file, 0o600);
    return;
  }
  for (const token of await people.apiTokens()) {
    const isOld = token.name === NAME && token.createdBy === BY && token.revokedAtUnixMs === null;
    if (isOld) await access.revokeApiToken(BY, token.id);
  }
  const { secret } = await access.createApiToken(BY, { name: NAME, role: 'admin', lifetimeMs: null });
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
