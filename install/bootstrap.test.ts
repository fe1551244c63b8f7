import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'airis-bootstrap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bootstrap(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stderr } = spawnSync(process.execPath, ['install/bootstrap.mjs', ...words], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { status, stderr };
}

/** A program that only says a version: stands in for a nats-server of that age. */
function serverOfVersion(version: string): string {
  const file = join(folder, `nats-server-${version}`);
  writeFileSync(file, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('bootstrap', () => {
  it('names the known commands when asked for an unknown one', () => {
    const { status, stderr } = bootstrap(['strat']);
    expect(status).toBe(2);
    expect(stderr).toContain('UNKNOWN_COMMAND');
    expect(stderr).toContain('start, test');
  });

  it('refuses a nats-server that is too old, with the reason', () => {
    const { status, stderr } = bootstrap(['bench'], { AIRIS_NATS_SERVER: serverOfVersion('2.9.10') });
    expect(status).toBe(2);
    expect(stderr).toContain('2.9.10');
    expect(stderr).toContain('2.11 or newer is needed');
  });

  it('refuses a named nats-server that does not run', () => {
    const { status, stderr } = bootstrap(['bench'], { AIRIS_NATS_SERVER: join(folder, 'nothing-here') });
    expect(status).toBe(2);
    expect(stderr).toContain('does not run as a nats-server');
  });
});
