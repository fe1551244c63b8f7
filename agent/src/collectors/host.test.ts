import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { globFiles } from './glob-files.ts';
import { createHost, restrictHost } from './host.ts';
import { httpGetLoopback } from './http-get.ts';
import { pathMatcher } from './path-pattern.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'h-host-'));
  mkdirSync(join(root, 'proc'));
  mkdirSync(join(root, 'etc'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('host', () => {
  it('reads kernel files of any length whole', async () => {
    const text = `${'line of a table\n'.repeat(20_000)}end\n`;
    writeFileSync(join(root, 'proc/table'), text);
    expect(await createHost(root).readText('/proc/table')).toBe(text);
  });

  it('does not wait for a FIFO nobody writes to, and reads no device', async () => {
    execFileSync('mkfifo', [join(root, 'etc/pipe')]);
    symlinkSync('/dev/zero', join(root, 'etc/zero'));
    const host = createHost(root);
    for (const path of ['/etc/pipe', '/etc/zero', '/etc']) {
      await expect(host.readText(path)).rejects.toThrow(/not a regular file/);
      expect(await host.tryReadText(path)).toBeNull();
    }
  });

  it('reads no more than asked', async () => {
    writeFileSync(join(root, 'etc/large'), 'x'.repeat(100_000));
    expect(await createHost(root).readBytes('/etc/large', 10)).toHaveLength(10);
  });

  it('answers for what is missing without throwing where it is asked to', async () => {
    const host = createHost(root);
    expect(await host.tryReadText('/proc/none')).toBeNull();
    expect(await host.list('/none')).toEqual([]);
    expect(host.readLink('/none')).toBeNull();
    expect(host.readInto('/proc/none', Buffer.alloc(10))).toBe(-1);
    await expect(host.readText('/proc/none')).rejects.toThrow(/ENOENT/);
  });

  it('gives http only to those who declare it', () => {
    const host = createHost(root);
    expect(restrictHost(host, []).http).toBeUndefined();
    expect(restrictHost(host, ['http']).http).toBe(host.http);
  });
});

describe('http on loopback', () => {
  const limits = { timeoutMs: 300, maxBytes: 1_000 };

  it.each([
    'http://10.0.0.1/',
    'http://example.com/',
    'https://127.0.0.1/',
    'http://127.0.0.1.example.com/',
    'file:///etc/passwd',
  ])('refuses %s', async (url) => {
    await expect(httpGetLoopback(url, limits)).rejects.toThrow(/only/);
  });

  it('bounds size and time, and follows no redirect', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/large') response.end('x'.repeat(5_000));
      else if (request.url === '/away') response.writeHead(302, { location: 'http://10.0.0.1/' }).end();
      else if (request.url === '/ok') response.end('fine');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
    try {
      expect(await httpGetLoopback(`${url}/ok`, limits)).toEqual({ status: 200, text: 'fine' });
      expect((await httpGetLoopback(`${url}/away`, limits)).status).toBe(302);
      await expect(httpGetLoopback(`${url}/large`, limits)).rejects.toThrow(/more than 1000/);
      await expect(httpGetLoopback(`${url}/silent`, limits)).rejects.toThrow(/abort|timeout/i);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('patterns', () => {
  it('match within one part of a path, and no dot file', async () => {
    for (const name of ['a.log', 'b.log', 'c.txt', '.d.log']) writeFileSync(join(root, 'etc', name), '');
    const host = createHost(root);
    expect(await globFiles(host, '/etc/*.log')).toEqual(['/etc/a.log', '/etc/b.log']);
    expect(await globFiles(host, '/*/[!a].???')).toEqual(['/etc/b.log', '/etc/c.txt']);
    expect(await globFiles(host, '/not/there')).toEqual(['/not/there']);
  });

  it.each([
    { pattern: '/var/log/*.log', path: '/var/log/a.log', want: true },
    { pattern: '/var/log/*.log', path: '/var/log/x/a.log', want: false },
    { pattern: '/var/log/**', path: '/var/log/x/a.log', want: true },
    { pattern: '/a.b', path: '/aXb', want: false },
    { pattern: '/(a|b)', path: '/a', want: false },
    { pattern: '/[a-c]x', path: '/bx', want: true },
    { pattern: '/[!a-c]x', path: '/bx', want: false },
    { pattern: '/[z-a]', path: '/b', want: false },
    { pattern: '/a[', path: '/a[', want: true },
    { pattern: '**', path: '/any/thing', want: true },
    { pattern: '/a*', path: '/a', want: true },
    { pattern: '', path: '/a', want: false },
  ])('$pattern over $path: $want', ({ pattern, path, want }) => expect(pathMatcher(pattern)(path)).toBe(want));

  it('take time in proportion, also when made to be slow', () => {
    const start = performance.now();
    pathMatcher('**a*'.repeat(100))(`${'a'.repeat(500)}b/`);
    expect(performance.now() - start).toBeLessThan(500);
  });

  it('never throw, whatever the pattern, and a text fits itself where it holds no sign', () => {
    fc.assert(
      fc.property(fc.string(), (text) => void expect(/[*?[]/.test(text) || pathMatcher(text)(text)).toBe(true)),
    );
    fc.assert(fc.property(fc.string(), fc.string(), (pattern, path) => void pathMatcher(pattern)(path)));
  });
});
