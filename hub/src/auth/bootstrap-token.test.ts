import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStateStore } from '../store/state/state-store.ts';
import { createAccess } from './access.ts';
import { leaveBootstrapToken } from './bootstrap-token.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-token-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('keeps a token that works, for its owner alone, and ends the old one when the file was deleted', async () => {
  await using state = openStateStore(':memory:');
  const access = createAccess(state, Date.now);
  const file = join(folder, 'admin.token');
  const leave = async () => {
    await leaveBootstrapToken(access, state.access, file);
    return readFileSync(file, 'utf8').trim();
  };
  const first = await leave();
  chmodSync(file, 0o644);
  expect(await leave()).toBe(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await access.createApiToken('user:kim', { name: 'bootstrap', role: 'viewer', lifetimeMs: null });

  rmSync(file);
  const second = await leave();
  expect(await access.bearer(second, 'a')).toMatchObject({ ok: true, value: { role: 'admin' } });
  expect(await access.bearer(first, 'a')).toMatchObject({ ok: false });
  expect((await state.access.apiTokens()).filter((token) => token.revokedAtUnixMs === null)).toHaveLength(2);
});
