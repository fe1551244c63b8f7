import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * `node --conditions=airis-source install/licences.ts`: writes docs/licences.md, what ships and under which licence, from
 * the lockfile and the installed packages. With `--check` it only says whether the page is up to date.
 */
const root = resolve(import.meta.dirname, '..');
const page = join(root, 'docs', 'licences.md');

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly license?: string;
}

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const shipped = Object.entries(lock.packages)
  .filter(([path, entry]) => path.includes('node_modules/') && entry.dev !== true && entry.link !== true)
  .map(([path, entry]) => ({
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version: entry.version ?? '',
    licence: entry.license ?? licenceOf(path),
  }))
  .filter(({ licence }) => licence !== null)
  .sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));

const text = `# Licences of what ships

Written by \`install/licences.ts\` from the lockfile. The embedded ClickHouse (chDB) is Apache-2.0, nats-server Apache-2.0.

| package | version | licence |
|---|---|---|
${shipped.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`).join('\n')}
`;

if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
  process.stdout.write(`${shipped.length} packages in docs/licences.md\n`);
} else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  process.stdout.write('docs/licences.md is out of date: run install/licences.ts\n');
  process.exitCode = 1;
}

/** `null` for a package of another platform that is not installed here. */
function licenceOf(path: string): string | null {
  const manifest = join(root, path, 'package.json');
  if (!existsSync(manifest)) return null;
  const { license } = JSON.parse(readFileSync(manifest, 'utf8')) as { license?: string | { type?: string } };
  return typeof license === 'string' ? license : (license?.type ?? 'see package');
}
