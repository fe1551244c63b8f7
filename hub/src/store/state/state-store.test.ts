import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { openStateStore, type StateStore } from './state-store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Every implementation of StateStore shows the same behaviour; a new one is covered by being listed. */
const implementations: readonly { name: string; open: () => Promise<StateStore> }[] = [
  { name: 'sqlite', open: async () => openStateStore(join(folder, 'state.sqlite')) },
];

const token = (id: string, secretHash: string, wantedId: string | null = null) => ({
  id,
  secretHash,
  createdBy: 'user:kim',
  createdAtUnixMs: 1_000,
  expiresAtUnixMs: 2_000,
  wantedId,
  generalLogSources: ['/var/log/nginx/*'],
});
const entry = (secretHash: string, publicKey: string, baseId = 'web') => ({
  secretHash,
  publicKey,
  hostName: 'web.example.kr',
  baseId,
  nowUnixMs: 1_500,
});

describe.each(implementations)('state store: $name', ({ open }) => {
  it('gives an enrolled agent a number, keeps it over a restart, and spends the token', async () => {
    await using store = await open();
    await store.identity.addToken(token('t1', 'h1'));
    const first = await store.identity.enrol(entry('h1', 'UA'));
    expect(first).toMatchObject({
      ok: true,
      value: { number: 1, id: 'web', revokedAtUnixMs: null, generalLogSources: ['/var/log/nginx/*'] },
    });
    expect(await store.identity.enrol(entry('h1', 'UB'))).toMatchObject({ ok: false, reason: 'token-used' });
    await store[Symbol.asyncDispose]();
    await using again = await open();
    expect(await again.identity.agent('web')).toMatchObject({ number: 1, publicKey: 'UA' });
    expect(await again.identity.tokens()).toMatchObject([{ id: 't1', usedAtUnixMs: 1_500, usedByAgent: 'web' }]);
  });

  it('adds a suffix where an id is taken, prefers the wish of the token, and never reuses a number', async () => {
    await using store = await open();
    for (const id of ['a', 'b', 'c']) await store.identity.addToken(token(id, `h-${id}`));
    await store.identity.addToken(token('d', 'h-d', 'shop-was'));
    const ids: string[] = [];
    for (const id of ['a', 'b', 'c', 'd']) {
      const result = await store.identity.enrol(entry(`h-${id}`, `U${id}`, id === 'c' ? 'w'.repeat(63) : 'web'));
      if (result.ok) ids.push(`${result.value.number}:${result.value.id}`);
      await store.identity.revoke('web', 1_600);
    }
    expect(ids).toEqual(['1:web', '2:web-2', `3:${'w'.repeat(63)}`, '4:shop-was']);
  });

  it('keeps the identity of a key that enrols again, and refuses one that is revoked', async () => {
    await using store = await open();
    for (const id of ['a', 'b', 'c']) await store.identity.addToken(token(id, `h-${id}`));
    await store.identity.enrol(entry('h-a', 'UA'));
    expect(await store.identity.enrol(entry('h-b', 'UA', 'other'))).toMatchObject({ value: { id: 'web', number: 1 } });
    expect(await store.identity.revoke('web', 1_700)).toMatchObject({ revokedAtUnixMs: 1_700 });
    expect(await store.identity.revoke('web', 1_800)).toMatchObject({ revokedAtUnixMs: 1_700 });
    expect(await store.identity.revoke('nobody', 1_800)).toBeNull();
    expect(await store.identity.enrol(entry('h-c', 'UA'))).toMatchObject({ ok: false, reason: 'key-revoked' });
  });

  it.each([
    { name: 'unknown', secretHash: 'nope', reason: 'token-unknown' },
    { name: 'expired', secretHash: 'late', reason: 'token-expired' },
  ])('refuses a token that is $name', async ({ secretHash, reason }) => {
    await using store = await open();
    await store.identity.addToken({ ...token('l', 'late'), expiresAtUnixMs: 1_500 });
    expect(await store.identity.enrol(entry(secretHash, 'UA'))).toMatchObject({ ok: false, reason });
    expect(await store.identity.agents()).toEqual([]);
  });

  it('withdraws a token that nobody has used', async () => {
    await using store = await open();
    await store.identity.addToken(token('t', 'h'));
    expect(await store.identity.withdrawToken('t')).toBe(true);
    expect(await store.identity.withdrawToken('t')).toBe(false);
  });

  it('ends sessions of a user who changes or goes', async () => {
    await using store = await open();
    const user = { name: 'kim', role: 'admin', passwordHash: null, createdAtUnixMs: 1 } as const;
    const session = { user: 'kim', role: 'admin', createdAtUnixMs: 1, expiresAtUnixMs: 9 } as const;
    await store.access.putUser(user);
    await store.access.addSession({ ...session, secretHash: 's1' });
    await store.access.putUser({ ...user, role: 'viewer' });
    expect(await store.access.session('s1')).toBeNull();
    await store.access.addSession({ ...session, secretHash: 's2' });
    expect(await store.access.removeUser('kim')).toBe(true);
    expect(await store.access.session('s2')).toBeNull();
  });

  it('honours a sign-in link once, and only in time', async () => {
    await using store = await open();
    await store.access.putUser({ name: 'kim', role: 'operator', passwordHash: null, createdAtUnixMs: 1 });
    await store.access.addSignInLink({ secretHash: 'a', user: 'kim', expiresAtUnixMs: 100 });
    await store.access.addSignInLink({ secretHash: 'b', user: 'kim', expiresAtUnixMs: 100 });
    expect(await store.access.useSignInLink('a', 99)).toMatchObject({ name: 'kim', role: 'operator' });
    expect(await store.access.useSignInLink('a', 99)).toBeNull();
    expect(await store.access.useSignInLink('b', 100)).toBeNull();
  });

  it('lists and revokes API tokens, and sweeps what has expired', async () => {
    await using store = await open();
    await store.access.addApiToken({
      id: 't1',
      name: 'ci',
      role: 'viewer',
      secretHash: 'h',
      createdBy: 'user:kim',
      createdAtUnixMs: 5,
      expiresAtUnixMs: null,
    });
    expect(await store.access.revokeApiToken('t1', 7)).toBe(true);
    expect(await store.access.revokeApiToken('t1', 8)).toBe(false);
    expect(await store.access.apiToken('h')).toMatchObject({ id: 't1', revokedAtUnixMs: 7 });
    await store.access.putUser({ name: 'kim', role: 'admin', passwordHash: null, createdAtUnixMs: 1 });
    await store.access.addSession({
      secretHash: 's',
      user: 'kim',
      role: 'admin',
      createdAtUnixMs: 1,
      expiresAtUnixMs: 9,
    });
    expect(await store.access.sweep(8)).toBe(0);
    expect(await store.access.sweep(9)).toBe(1);
  });

  it('forgets the oldest epochs of an agent that makes them without end, and no other agent suffers', async () => {
    await using store = await open();
    const watermark = (agent: number, n: number) => ({
      agent,
      epoch: n.toString(16).padStart(32, '0'),
      class: 'data' as const,
      upTo: 1,
      beyond: [],
      digests: new Uint8Array(),
      seenAtUnixMs: n,
    });
    await store.ingest.commit({ watermarks: Array.from({ length: 100 }, (_, n) => watermark(1, n)) });
    await store.ingest.commit({ watermarks: [watermark(2, 0)] });
    const kept = await store.ingest.watermarks();
    expect(kept.filter((record) => record.agent === 1).map((record) => record.seenAtUnixMs)).toEqual(
      Array.from({ length: 64 }, (_, n) => 36 + n),
    );
    expect(kept.filter((record) => record.agent === 2)).toHaveLength(1);
  });

  it('goes on when an agent claims losses beyond all numbers', async () => {
    await using store = await open();
    const loss = { agent: 1, reason: 'spool-full', rows: Number.MAX_SAFE_INTEGER, fromUnixMs: 0, toUnixMs: 1 };
    await store.ingest.commit({ losses: Array.from({ length: 1_100 }, () => loss) });
    await store.ingest.commit({ losses: [{ ...loss, agent: 2, rows: 7 }] });
    expect(await store.ingest.lossTotals()).toMatchObject([
      { agent: 1, rows: Number.MAX_SAFE_INTEGER },
      { agent: 2, rows: 7 },
    ]);
  });

  it('drops tokens that are long dead, and none that lives', async () => {
    await using store = await open();
    const day = 86_400_000;
    const apiToken = { name: 'ci', role: 'viewer', createdBy: 'user:kim', createdAtUnixMs: 0 } as const;
    await store.access.addApiToken({ ...apiToken, id: 'endless', secretHash: 'a', expiresAtUnixMs: null });
    await store.access.addApiToken({ ...apiToken, id: 'expired', secretHash: 'b', expiresAtUnixMs: day });
    await store.access.addApiToken({ ...apiToken, id: 'revoked', secretHash: 'c', expiresAtUnixMs: null });
    await store.access.revokeApiToken('revoked', 2 * day);
    expect(await store.access.sweep(91 * day)).toBe(1);
    expect((await store.access.apiTokens()).map((record) => record.id)).toEqual(['endless', 'revoked']);
    expect(await store.access.sweep(92 * day)).toBe(1);
    await store.identity.addToken(token('old', 'h-old'));
    await store.identity.addToken({ ...token('new', 'h-new'), createdAtUnixMs: 91 * day, expiresAtUnixMs: 92 * day });
    expect((await store.identity.tokens()).map((record) => record.id)).toEqual(['new']);
  });

  it('chains the audit, pages it newest first, and backs up what it holds', async () => {
    await using store = await open();
    for (let n = 1; n <= 3; n++) {
      await store.audit.append({
        atUnixMs: n,
        who: 'user:kim',
        action: 'agent.revoke',
        target: `web-${n}`,
        outcome: 'done',
        details: { n },
      });
    }
    expect((await store.audit.list({ limit: 2 })).map((record) => record.seq)).toEqual([3, 2]);
    expect((await store.audit.list({ limit: 9, beforeSeq: 2 })).map((record) => record.target)).toEqual(['web-1']);
    expect(await store.audit.firstBroken()).toBeNull();
    await store.backup(join(folder, 'copy.sqlite'));
    await using copy = openStateStore(join(folder, 'copy.sqlite'));
    expect(await copy.audit.list({ limit: 9 })).toHaveLength(3);
  });
});

describe('the SQLite file', () => {
  it('shows where the audit was rewritten by hand', async () => {
    const path = join(folder, 'state.sqlite');
    await using store = openStateStore(path);
    for (let n = 1; n <= 3; n++) {
      await store.audit.append({ atUnixMs: n, who: 'system', action: 'a', target: '', outcome: 'done', details: {} });
    }
    const raw = new Database(path);
    expect(() => raw.exec('DELETE FROM audit')).toThrow(/append-only/);
    raw.exec(`DROP TRIGGER auditNoUpdate; UPDATE audit SET body = replace(body, 'system', 'nobody') WHERE seq = 2`);
    raw.close();
    expect(await store.audit.firstBroken()).toBe(2);
  });

  it('is refused when a newer version wrote it, and when it is not a database', () => {
    const path = join(folder, 'state.sqlite');
    openDatabase(path, [{ id: 'future-9', sql: 'CREATE TABLE future (x)' }]).close();
    expect(() => openStateStore(path)).toThrow(expect.objectContaining({ code: 'STATE_NEWER' }));
    writeFileSync(join(folder, 'garbage.sqlite'), 'not a database at all'.repeat(500));
    const unusable = expect.objectContaining({ code: 'STATE_CORRUPT' });
    expect(() => openStateStore(join(folder, 'garbage.sqlite'))).toThrow(unusable);
    expect(() => openStateStore(folder)).toThrow(unusable);
    const torn = new Database(join(folder, 'torn.sqlite'));
    torn.close();
    expect(() => openDatabase(join(folder, 'torn.sqlite'), [{ id: 'x', sql: 'not sql' }])).toThrow(
      expect.objectContaining({ code: 'STATE_CORRUPT' }),
    );
  });
});
