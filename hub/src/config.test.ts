import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig, unusedSettings } from './config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (environment: Record<string, string> = {}, flags: Record<string, string | boolean> = {}) =>
  readConfig({ flags, environment: { AIRIS_DATA_DIR: folder, PATH: '/bin', ...environment } });

describe('readConfig', () => {
  it('has defaults for everything', () => {
    expect(read()).toMatchObject({
      dataDir: folder,
      http: { host: '127.0.0.1', port: 8730 },
      natsListen: { host: '127.0.0.1', port: 8731 },
      acceptUnverifiedDurability: false,
    });
  });

  it('lets flags win over the environment, and that over the file', () => {
    writeFileSync(join(folder, 'hub.yaml'), 'http: 127.0.0.1:1\nnatsListen: 127.0.0.1:1\nlogLevel: warn\n');
    const config = read({ AIRIS_HTTP: '127.0.0.1:2', AIRIS_NATS_LISTEN: '127.0.0.1:2' }, { http: '[::1]:3' });
    expect(config).toMatchObject({ http: { host: '::1', port: 3 }, natsListen: { port: 2 }, logLevel: 'warn' });
  });

  it.each([
    { name: 'a misspelt variable', environment: { AIRIS_HTPP: 'x' }, message: /AIRIS_HTPP; did you mean AIRIS_HTTP\?/ },
    { name: 'a misspelt key', file: 'natsListn: x', message: /natsListn; did you mean natsListen\?/ },
    { name: 'a port out of range', environment: { AIRIS_HTTP: '127.0.0.1:70000' }, message: /http: .*host:port/ },
    { name: 'an unknown table', environment: { AIRIS_RETENTION: 'blok=3d' }, message: /blok/ },
    { name: 'a key without a certificate', environment: { AIRIS_TLS_KEY: '/k' }, message: /go together/ },
    { name: 'a file that is no YAML', file: 'a: [', message: /hub\.yaml/ },
    { name: 'a file that is a list', file: '- a', message: /key: value/ },
  ])('refuses $name', ({ environment, file, message }) => {
    if (file !== undefined) writeFileSync(join(folder, 'hub.yaml'), file);
    expect(() => read(environment)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    );
  });

  it('leaves variables of the agent alone, and names settings of a later version', () => {
    const config = read({ AIRIS_AGENT_FOO: '1', AIRIS_OTLP_HTTP: '127.0.0.1:0' });
    expect(unusedSettings(config)).toEqual(['AIRIS_OTLP_HTTP']);
  });
});
