import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from '@airis/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost } from '../collectors/host.ts';
import { configDiff, wordsChanged } from './config-diff.ts';
import { maskConfigLine } from './config-mask.ts';
import { type ConfigWatch, configWatchConfig, createConfigWatch } from './config-watch.ts';

let folder: string;
let saved: Map<string, string>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-config-'));
  saved = new Map();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);
let nowMs = 1_000;
let ids = 0;

function watch(more: object = {}): ConfigWatch {
  return createConfigWatch({
    host: createHost('/', () => nowMs++),
    config: configWatchConfig.parse({ files: [file('*.conf')], ...more }),
    entity: 'host:web-1',
    newId: () => `test-${String(ids++).padStart(8, '0')}`,
    memory: { load: (key) => saved.get(key) ?? null, save: (key, text) => void saved.set(key, text) },
  });
}

const said = (changes: readonly Change[]) => changes.map(({ entity, summary }) => `${entity} ${summary.en}`);

describe('the watch of configuration files', () => {
  it('tells what was edited, in which service, and nothing of what was there', async () => {
    writeFileSync(file('was.xml'), '<Resource maxTotal="50"/>\n');
    writeFileSync(file('a.conf'), 'a 1\n');
    const services = [{ entity: 'service:tomcat@web-1', configFiles: [file('was.xml')] }];
    const watched = watch();
    expect(await watched.poll(services)).toEqual([]);
    writeFileSync(file('was.xml'), '<Resource maxTotal="5"/>\n');
    const changes = await watched.poll(services);
    expect(said(changes)).toEqual(['service:tomcat@web-1 was.xml was edited: maxTotal="50"/> → maxTotal="5"/>']);
    expect(changes[0]).toMatchObject({ kind: 'config', attributes: { 'file.path': file('was.xml') } });
    expect(await watched.poll(services)).toEqual([]);
  });

  it('tells of files made and removed, but not of a service that was found', async () => {
    const watched = watch();
    await watched.poll([]);
    writeFileSync(file('b.conf'), 'b 1\n');
    expect(said(await watched.poll([]))).toEqual(['host:web-1 b.conf was made']);
    unlinkSync(file('b.conf'));
    expect(said(await watched.poll([]))).toEqual(['host:web-1 b.conf was removed']);
    expect(await watched.poll([])).toEqual([]);
    writeFileSync(file('server.xml'), '<Server/>');
    expect(await watched.poll([{ entity: 'service:tomcat@web-1', configFiles: [file('server.xml')] }])).toEqual([]);
  });

  it('notices an edit made while the agent was away, without its lines', async () => {
    writeFileSync(file('c.conf'), 'c 1\n');
    await watch().poll([]);
    writeFileSync(file('c.conf'), 'c 2\n');
    const changes = await watch().poll([]);
    expect(said(changes)).toEqual(['host:web-1 c.conf was edited']);
    expect(JSON.stringify([...saved])).not.toContain('c 2');
    saved.set('config-files', '{"torn');
    expect(await watch().poll([])).toEqual([]);
  });

  it('says of large and of secret files only that they changed', async () => {
    writeFileSync(file('big.conf'), 'x 1\n'.repeat(1_000));
    writeFileSync(file('db-password.conf'), 'geheim-1\n');
    const watched = watch({ maxFileBytes: 1_024 });
    await watched.poll([]);
    writeFileSync(file('big.conf'), 'x 2\n'.repeat(1_001));
    writeFileSync(file('db-password.conf'), 'geheim-2\n');
    const changes = await watched.poll([]);
    expect(said(changes)).toEqual(['host:web-1 big.conf was edited', 'host:web-1 db-password.conf was edited']);
    expect(JSON.stringify(changes)).not.toContain('geheim');
  });

  it('calls a touched or re-indented file no change', async () => {
    writeFileSync(file('d.conf'), 'd 1\ne 2\n');
    const watched = watch();
    await watched.poll([]);
    writeFileSync(file('d.conf'), '\n  d 1\n\n\te 2\n');
    expect(await watched.poll([])).toEqual([]);
  });
});

describe('a diff', () => {
  it('shows lines in order, and counts what it does not show', () => {
    const before = ['a', 'b', 'c', 'd'].join('\n');
    expect(configDiff(before, ['a', 'x', 'c', 'd', 'e'].join('\n'))).toEqual({
      added: 2,
      removed: 1,
      lines: ['- b', '+ x', '+ e'],
    });
    const many = configDiff('', Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n'));
    expect(many).toMatchObject({ added: 50, removed: 0 });
    expect(many.lines.at(-1)).toBe('… 30');
    expect(configDiff('x', 'y\n'.repeat(100_000)).added).toBe(100_000);
  });
});

it.each([
  [
    '<Connector port="80" maxThreads="200" a="1" />',
    '<Connector port="80" maxThreads="20" a="1" />',
    'maxThreads="200" → maxThreads="20"',
  ],
  ['work_mem = 4MB # sort', 'work_mem = 64MB # sort', 'work_mem = 4MB → 64MB'],
  ['server a:1;', 'server a:1 backup;', 'a:1; → a:1 backup;'],
  ['one', 'two', 'one → two'],
  ['keep this', 'keep this too', 'keep this → too'],
])('says in few words that %s became %s', (before, after, words) => {
  expect(wordsChanged(before, after)).toBe(words);
});

it.each([
  ['db.password=Tiger#1 # rest', 'db.password=<secret> # rest'],
  [
    '<Resource username="shop" password="t&amp;g" maxTotal="50"/>',
    '<Resource username="shop" password=<secret> maxTotal="50"/>',
  ],
  ['<entry key="api.key">abc</entry>', '<entry key="api.key"><secret></entry>'],
  ['<db-password>tiger</db-password>', '<db-password><secret></db-password>'],
  ['<property name="password" value="x y"/>', '<property name="password" value=<secret>/>'],
  ['url: jdbc:postgresql://shop:tiger@db:5432/shop', 'url: jdbc:postgresql://<secret>@db:5432/shop'],
  ['requirepass 호랑이', 'requirepass <secret>'],
  ['<Connector keystorePass="changeit" port="8443"/>', '<Connector keystorePass=<secret> port="8443"/>'],
  ['proxy_pass http://was_pool/;', 'proxy_pass http://was_pool/;'],
  ['rocommunity kaebi 10.0.0.0/8', 'rocommunity <secret> 10.0.0.0/8'],
  ['createUser ops SHA-256 "tiger tiger" AES', 'createUser <secret>'],
  ['5 2 * * * root mysqldump -uroot -ptiger shop', '5 2 * * * root mysqldump -uroot -p<secret> shop'],
  ['kim:$apr1$x8cz$0123', 'kim:<secret>'],
  ['peer_id = 0123456789abcdef', 'peer_id = <secret>'],
  ['masterauth_token  f00', 'masterauth_token  <secret>'],
  ["ALTER USER shop IDENTIFIED BY 'tiger'", 'ALTER USER shop IDENTIFIED BY <secret>'],
  ['비밀번호: 호랑이', '비밀번호: <secret>'],
  ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7', '<secret>'],
  ['proxy_read_timeout 60s; # ask kim@shop.co.kr', 'proxy_read_timeout 60s; # ask <email>'],
  ['work_mem = 4096kB', 'work_mem = 4096kB'],
  ['listen 10.0.0.1:8080;', 'listen 10.0.0.1:8080;'],
])('masks %s', (line, masked) => {
  expect(maskConfigLine(line)).toBe(masked);
});
