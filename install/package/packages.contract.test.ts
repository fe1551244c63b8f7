import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debOf } from './deb.ts';
import type { PackageEntry, PackageText } from './entry.ts';
import { releaseKey, signedBy } from './release-signature.ts';
import { rpmOf } from './rpm.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-package-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text: PackageText = {
  name: 'sample',
  version: '1.2.3',
  summary: 'one line',
  description: ['first', '', 'third'],
  maintainer: 'Some Body <some@body.example>',
  homepage: 'https://sample.example',
};
const file = (path: string, content: string, mode = 0o644, isConfig = false): PackageEntry => ({
  kind: 'file',
  path,
  mode,
  content: Buffer.from(content),
  isConfig,
});
const entries: readonly PackageEntry[] = [
  file('/usr/bin/sample', '#!/bin/sh\necho sample\n', 0o755),
  file('/usr/share/sample/한글', '가나다'),
  file('/usr/share/sample/empty', ''),
  // Neither a multiple of four, of 512 nor even.
  file('/usr/share/sample/odd', 'x'.repeat(1_027)),
  file('/etc/sample/sample.yaml', 'a: 1\n', 0o640, true),
  { kind: 'folder', path: '/var/lib/sample', mode: 0o700, owner: 'root' },
  { kind: 'link', path: '/var/lib/sample/sample.yaml', target: '/etc/sample/sample.yaml' },
];

const run = (program: string, ...words: readonly string[]): string =>
  execFileSync(program, words, { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, LC_ALL: 'C.UTF-8' } });

/** Everything below a folder with mode, size and target of links. */
function below(path: string): string[] {
  return run('find', path, '-mindepth', '1', '-not', '-type', 'd', '-printf', '/%P %m %s %l\\n')
    .trim()
    .split('\n')
    .sort();
}

const unpacked = [
  '/etc/sample/sample.yaml 640 5 ',
  '/usr/bin/sample 755 22 ',
  '/usr/share/sample/empty 644 0 ',
  '/usr/share/sample/odd 644 1027 ',
  '/usr/share/sample/한글 644 9 ',
  '/var/lib/sample/sample.yaml 777 23 /etc/sample/sample.yaml',
];

describe('a package for dpkg', () => {
  const scripts = { postinst: '#!/bin/sh\n', prerm: '#!/bin/sh\n', postrm: '#!/bin/sh\n' };
  const make = () => debOf(text, { depends: ['libc6 (>= 2.28)', 'passwd'], recommends: ['sudo'] }, scripts, entries);

  it('is read by dpkg-deb as it was meant, and is the same every time', () => {
    const path = join(folder, 'sample.deb');
    writeFileSync(path, make());
    expect(make().equals(readFileSync(path))).toBe(true);
    expect(run('dpkg-deb', '--field', path, 'Package', 'Version', 'Depends', 'Description').split('\n')).toEqual(
      expect.arrayContaining(['Package: sample', 'Depends: libc6 (>= 2.28), passwd', 'Description: one line', ' .']),
    );
    expect(run('dpkg-deb', '--info', path, 'conffiles')).toBe('/etc/sample/sample.yaml\n');
    run('dpkg-deb', '--extract', path, join(folder, 'deb'));
    expect(below(join(folder, 'deb'))).toEqual(unpacked);
    expect(statSync(join(folder, 'deb/var/lib/sample')).mode & 0o777).toBe(0o700);
    run('dpkg-deb', '--control', path, join(folder, 'control'));
    const sums = join(folder, 'control/md5sums');
    expect(execFileSync('md5sum', ['--check', '--quiet', sums], { cwd: join(folder, 'deb'), encoding: 'utf8' })).toBe(
      '',
    );
  });

  it('refuses a path that the archive cannot hold', () => {
    const long = file(`/usr/${'x'.repeat(100)}`, '');
    expect(() => debOf(text, { depends: [], recommends: [] }, scripts, [long])).toThrow(/longer than 100 bytes/);
  });
});

describe('a package for RPM', () => {
  const scripts = { pre: 'echo pre', post: 'echo post', preun: 'echo preun', postun: 'echo postun' };
  const make = () => rpmOf(text, ['libc.so.6(GLIBC_2.28)(64bit)'], ['/usr/sbin/useradd'], scripts, entries);
  const path = () => join(folder, 'sample.rpm');
  beforeAll(() => writeFileSync(path(), make()));

  it('passes its digests, and is the same every time', () => {
    expect(make().equals(readFileSync(path()))).toBe(true);
    expect(run('rpm', '--checksig', '--verbose', path())).toMatch(
      /Header SHA256 digest: OK\s+Payload SHA256 digest: OK/,
    );
  });

  it('is refused when a byte of it changed', () => {
    const changed = make();
    changed[changed.length - 20]! ^= 1;
    writeFileSync(join(folder, 'changed.rpm'), changed);
    expect(() => run('rpm', '--checksig', join(folder, 'changed.rpm'))).toThrow();
  });

  it('says what it needs, runs and holds', () => {
    const asked = (...words: readonly string[]) =>
      run('rpm', '--query', ...words, '--package', path())
        .trim()
        .split('\n');
    expect(asked('--requires')).toEqual(
      expect.arrayContaining(['/bin/sh', '/usr/sbin/useradd', 'libc.so.6(GLIBC_2.28)(64bit)']),
    );
    expect(asked('--configfiles')).toEqual(['/etc/sample/sample.yaml']);
    expect(asked('--scripts').filter((line) => line.startsWith('echo'))).toEqual([
      'echo pre',
      'echo post',
      'echo preun',
      'echo postun',
    ]);
    expect(asked('--queryformat', '%{NEVRA} %{SIZE} %{SOURCERPM}')).toEqual([
      'sample-1.2.3-1.x86_64 1086 sample-1.2.3-1.src.rpm',
    ]);
  });

  it('installs, verifies and goes again in a root of its own', () => {
    const root = join(folder, 'root');
    const dbpath = ['--define', '_dbpath /var/lib/rpm'];
    // It changes its root, as another user may in a namespace only. Scripts would need a shell there.
    const inNamespace = process.getuid?.() === 0 ? [] : ['unshare', '--map-root-user'];
    const rpm = (...words: readonly string[]) => {
      const [program, ...rest] = [...inNamespace, 'rpm', '--root', root, ...dbpath, ...words];
      return run(program!, ...rest);
    };
    rpm('--initdb');
    // The database is empty: what is needed is not there to be found.
    const bare = ['--nodeps', '--noscripts'];
    rpm('--install', ...bare, path());
    expect(below(root).filter((line) => !line.startsWith('/var/lib/rpm'))).toEqual(unpacked);
    expect(rpm('--verify', '--nodeps', 'sample')).toBe('');
    writeFileSync(join(root, 'etc/sample/sample.yaml'), 'a: 2\n');
    rpm('--erase', ...bare, 'sample');
    expect(below(root).filter((line) => !line.startsWith('/var/lib/rpm'))).toEqual([
      '/etc/sample/sample.yaml.rpmsave 640 5 ',
    ]);
  });
});

describe('the signature of a release', () => {
  const check = (sums: string, signature: string, key: string): string =>
    run('openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', sums, '-sigfile', signature);

  it('is checked by openssl, fails for another text, and comes from one key that only its user reads', () => {
    const path = join(folder, 'keys/release.pem');
    const sums = join(folder, 'SHA256SUMS');
    writeFileSync(sums, 'abc  file\n');
    const { signature, publicKeyPem } = signedBy(releaseKey(path), readFileSync(sums));
    writeFileSync(`${sums}.sig`, signature);
    writeFileSync(join(folder, 'release.pub'), publicKeyPem);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(signedBy(releaseKey(path), readFileSync(sums)).signature.equals(signature)).toBe(true);
    expect(check(sums, `${sums}.sig`, join(folder, 'release.pub'))).toContain('Verified Successfully');
    writeFileSync(sums, 'abd  file\n');
    expect(() => check(sums, `${sums}.sig`, join(folder, 'release.pub'))).toThrow();
  });

  it('refuses a key of another kind', () => {
    const path = join(folder, 'rsa.pem');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }));
    expect(() => releaseKey(path)).toThrow(/no Ed25519 key but rsa/);
  });
});
