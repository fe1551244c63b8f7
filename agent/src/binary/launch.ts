import { homedir } from 'node:os';
import { join } from 'node:path';
import { getRawAsset } from 'node:sea';
import { pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';
import { AgentError } from '../errors.ts';
import { becomeSmall } from '../small-process.ts';
import { INVENTORY_WORD, PACKED_PROGRAM_ASSET, type PackedFile, type PackedProgram } from './packed-program.ts';
import { unpackedFolder } from './unpack.ts';

/**
 * Entry of `airis-agent` as one binary: unpacks the agent's folder at first use and runs the program in it, which is the
 * same as without the binary. The libraries are only checked for the command that loads them.
 */
const [, , command] = process.argv;
const assetOf = (name: string) => new Uint8Array(getRawAsset(name) as ArrayBuffer);
const isLibrary = ({ path }: PackedFile) => /\.(node|so\.\d+)$/.test(path);

process.umask(0o077);
try {
  // Written by build-binary.ts into the same file.
  const program = JSON.parse(Buffer.from(assetOf(PACKED_PROGRAM_ASSET)).toString()) as PackedProgram;
  const folder = unpackedFolder(program, cacheFolder(), (file) => command === 'run' || !isLibrary(file), assetOf);
  // After unpacking, which leaves 50 MB behind in the process that did it.
  if (command === 'run') becomeSmall();
  const entry = join(folder, command === INVENTORY_WORD ? 'inventory.mjs' : 'airis-agent.mjs');
  process.argv[1] = entry;
  importFile(entry);
} catch (error) {
  if (!(error instanceof AgentError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n  ${error.hint}\n`);
  process.exitCode = 1;
}

/** What systemd's `CacheDirectory=` gives, the system's for root, else the user's. */
function cacheFolder(): string {
  const { CACHE_DIRECTORY, XDG_CACHE_HOME } = process.env;
  const given = CACHE_DIRECTORY?.split(':')[0] || XDG_CACHE_HOME;
  if (given?.startsWith('/')) return join(given, 'airis-agent');
  return process.geteuid?.() === 0 ? '/var/cache/airis-agent' : join(homedir(), '.cache/airis-agent');
}

/** The main script of a single binary may `import()` nothing but Node's own modules; a script by `vm` may. */
function importFile(path: string): void {
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const load = new Script('(url) => import(url)', { importModuleDynamically }).runInThisContext();
  void load(pathToFileURL(path).href);
}
