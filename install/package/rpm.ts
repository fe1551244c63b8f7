import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bytesOf, cpioOf, fullMode } from './cpio.ts';
import type { PackageEntry, PackageText } from './entry.ts';
import { i18n, int16, int32, type RpmValue, rpmHeader, string, strings } from './rpm-header.ts';

/** Scripts by RPM's names; the first word each gets is how many versions are left when it is done. */
export interface RpmScripts {
  readonly pre: string;
  readonly post: string;
  readonly preun: string;
  readonly postun: string;
}

const SIGNATURE_REGION = 62;
const MAIN_REGION = 63;
const SHA256 = 8;
/** Bits of what is needed: while which script runs, of which version, of RPM itself. */
const NEEDED_BY_SCRIPTS = (1 << 9) | (1 << 10) | (1 << 11) | (1 << 12);
const NEEDED_BEFORE = 1 << 9;
const AT_MOST = (1 << 1) | (1 << 3);
const EXACTLY = 1 << 3;
const OF_RPM = 1 << 24;
/** A configuration file that an update leaves as the operator made it. */
const CONFIG_NOREPLACE = (1 << 0) | (1 << 4);
const RELEASE = '1';

/**
 * A package for Red Hat's family and SUSE, as RPM 4.14 (RHEL 8) and later read it. Checked by SHA-256 of header and
 * payload; MD5, which hosts in FIPS mode refuse, is left out.
 *
 * @param libraries - as `libc.so.6(GLIBC_2.28)(64bit)`
 * @see RPM Package File Format, version 3
 */
export function rpmOf(
  text: PackageText,
  libraries: readonly string[],
  programs: readonly string[],
  scripts: RpmScripts,
  unsorted: readonly PackageEntry[],
): Buffer {
  const entries = [...unsorted].sort((a, b) => (a.path < b.path ? -1 : 1));
  const archive = cpioOf(entries);
  const payload = gzipSync(archive, { level: 9 });
  const header = rpmHeader(
    MAIN_REGION,
    new Map<number, RpmValue>([
      ...aboutPackage(text),
      ...aboutNeeds(text, libraries, programs),
      ...aboutScripts(scripts),
      ...aboutFiles(entries),
      ...aboutPayload(payload),
    ]),
  );
  const signature = rpmHeader(
    SIGNATURE_REGION,
    new Map<number, RpmValue>([
      [273, string(createHash('sha256').update(header).digest('hex'))],
      [1000, int32(header.length + payload.length)],
      [1007, int32(archive.length)],
    ]),
  );
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8);
  return Buffer.concat([leadOf(text), signature, padding, header, payload]);
}

/** Read by nothing but `file` any more; RPM wants it there. */
function leadOf({ name, version }: PackageText): Buffer {
  const lead = Buffer.alloc(96);
  lead.set([0xed, 0xab, 0xee, 0xdb, 3, 0]);
  lead.writeUInt16BE(1, 8);
  lead.write(`${name}-${version}-${RELEASE}`.slice(0, 65), 10);
  lead.writeUInt16BE(1, 76);
  lead.writeUInt16BE(5, 78);
  return lead;
}

type Tags = readonly (readonly [tag: number, value: RpmValue])[];

const aboutPackage = ({ name, version, summary, description, maintainer, homepage }: PackageText): Tags => [
  [100, strings('C')],
  [1000, string(name)],
  [1001, string(version)],
  [1002, string(RELEASE)],
  [1004, i18n(summary)],
  [1005, i18n(description.join('\n'))],
  [1006, int32(0)],
  [1007, string('localhost')],
  [1014, string('Proprietary')],
  [1015, string(maintainer)],
  [1016, i18n('System Environment/Daemons')],
  ...(homepage === null ? [] : [[1020, string(homepage)] as const]),
  [1021, string('linux')],
  [1022, string('x86_64')],
  // Without the name of a source package this would be one.
  [1044, string(`${name}-${version}-${RELEASE}.src.rpm`)],
  [1064, string('4.14.0')],
];

function aboutNeeds({ name, version }: PackageText, libraries: readonly string[], programs: readonly string[]): Tags {
  const needs: readonly (readonly [name: string, flags: number, version: string])[] = [
    ['/bin/sh', NEEDED_BY_SCRIPTS, ''],
    ...programs.map((path) => [path, NEEDED_BEFORE, ''] as const),
    ...libraries.map((library) => [library, 0, ''] as const),
    ['rpmlib(CompressedFileNames)', OF_RPM | AT_MOST, '3.0.4-1'],
    ['rpmlib(FileDigests)', OF_RPM | AT_MOST, '4.6.0-1'],
    ['rpmlib(PayloadFilesHavePrefix)', OF_RPM | AT_MOST, '4.0-1'],
  ];
  return [
    [1047, strings(name)],
    [1048, int32(...needs.map(([, flags]) => flags))],
    [1049, strings(...needs.map(([need]) => need))],
    [1050, strings(...needs.map(([, , least]) => least))],
    [1112, int32(EXACTLY)],
    [1113, strings(`${version}-${RELEASE}`)],
  ];
}

const aboutScripts = ({ pre, post, preun, postun }: RpmScripts): Tags => [
  [1023, string(pre)],
  [1024, string(post)],
  [1025, string(preun)],
  [1026, string(postun)],
  ...[1085, 1086, 1087, 1088].map((tag) => [tag, string('/bin/sh')] as const),
];

function aboutFiles(entries: readonly PackageEntry[]): Tags {
  const folders = [...new Set(entries.map(({ path }) => folderOf(path)))];
  const sizes = entries.map((entry) => bytesOf(entry).length);
  const each = (value: (entry: PackageEntry, at: number) => number) => int32(...entries.map(value));
  const eachText = (value: (entry: PackageEntry) => string) => strings(...entries.map(value));
  const ownerOf = (entry: PackageEntry) => (entry.kind === 'folder' ? entry.owner : 'root');
  return [
    [1009, int32(sizes.reduce((sum, size) => sum + size, 0))],
    [1028, int32(...sizes)],
    [1030, int16(...entries.map(fullMode))],
    [1033, int16(...entries.map(() => 0))],
    [1034, each(() => 0)],
    [
      1035,
      eachText((entry) => (entry.kind === 'file' ? createHash('sha256').update(entry.content).digest('hex') : '')),
    ],
    [1036, eachText((entry) => (entry.kind === 'link' ? entry.target : ''))],
    [1037, each((entry) => (entry.kind === 'file' && entry.isConfig ? CONFIG_NOREPLACE : 0))],
    [1039, eachText(ownerOf)],
    [1040, eachText(ownerOf)],
    [1045, each(() => -1)],
    [1095, each(() => 1)],
    [1096, each((_, at) => at + 1)],
    [1097, eachText(() => '')],
    [1116, each(({ path }) => folders.indexOf(folderOf(path)))],
    [1117, eachText(({ path }) => path.slice(folderOf(path).length))],
    [1118, strings(...folders)],
    [5011, int32(SHA256)],
  ];
}

/** With its closing slash. */
const folderOf = (path: string): string => `${dirname(path).replace(/\/$/, '')}/`;

const aboutPayload = (payload: Buffer): Tags => [
  [1124, string('cpio')],
  [1125, string('gzip')],
  [1126, string('9')],
  [5092, strings(createHash('sha256').update(payload).digest('hex'))],
  [5093, int32(SHA256)],
];
