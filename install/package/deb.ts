import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { PackageEntry, PackageText } from './entry.ts';
import { tarOf } from './tar.ts';

/** Scripts of the maintainer, by dpkg's names. */
export interface DebScripts {
  readonly postinst: string;
  readonly prerm: string;
  readonly postrm: string;
}

export interface DebNeeds {
  readonly depends: readonly string[];
  readonly recommends: readonly string[];
}

/**
 * A package for Debian and Ubuntu. Compressed by gzip, which every dpkg knows: Debian 11 reads no zstd.
 *
 * @see deb(5), deb-control(5)
 */
export function debOf(
  text: PackageText,
  { depends, recommends }: DebNeeds,
  scripts: DebScripts,
  entries: readonly PackageEntry[],
): Buffer {
  const files = entries.filter((entry) => entry.kind === 'file');
  const kilobytes = files.reduce((sum, { content }) => sum + Math.ceil(content.length / 1024), 0);
  const control = [
    `Package: ${text.name}`,
    `Version: ${text.version}`,
    'Architecture: amd64',
    'Section: admin',
    'Priority: optional',
    `Maintainer: ${text.maintainer}`,
    `Installed-Size: ${kilobytes}`,
    `Depends: ${depends.join(', ')}`,
    `Recommends: ${recommends.join(', ')}`,
    ...(text.homepage === null ? [] : [`Homepage: ${text.homepage}`]),
    `Description: ${text.summary}`,
    ...text.description.map((line) => ` ${line === '' ? '.' : line}`),
  ];
  const sums = files.map(({ path, content }) => `${createHash('md5').update(content).digest('hex')}  ${path.slice(1)}`);
  const conffiles = files.filter(({ isConfig }) => isConfig).map(({ path }) => path);
  const controlFile = (path: string, lines: readonly string[], mode = 0o644): PackageEntry => ({
    kind: 'file',
    path,
    mode,
    content: Buffer.from(`${lines.join('\n')}\n`),
    isConfig: false,
  });
  const controlTar = tarOf([
    controlFile('control', control),
    controlFile('md5sums', sums),
    controlFile('conffiles', conffiles),
    ...Object.entries(scripts).map(([name, script]) => controlFile(name, [script.trimEnd()], 0o755)),
  ]);
  return arOf([
    ['debian-binary', Buffer.from('2.0\n')],
    ['control.tar.gz', gzipSync(controlTar)],
    ['data.tar.gz', gzipSync(tarOf(entries))],
  ]);
}

/** @see ar(5) */
function arOf(members: readonly (readonly [name: string, content: Buffer])[]): Buffer {
  const pieces: Buffer[] = [Buffer.from('!<arch>\n')];
  for (const [name, content] of members) {
    const fields = [name.padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6), '100644'.padEnd(8)];
    pieces.push(Buffer.from(`${fields.join('')}${String(content.length).padEnd(10)}\`\n`), content);
    if (content.length % 2 === 1) pieces.push(Buffer.from('\n'));
  }
  return Buffer.concat(pieces);
}
