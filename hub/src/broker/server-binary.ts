import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { errorText, HubError } from '../errors.ts';

/** 2.11 is the first that honours what the streams ask for; older ones ignore some of it without a word. */
export const MIN_SERVER_VERSION: readonly [number, number, number] = [2, 11, 0];
const INSTALL_HINT = 'run `npm start`, which installs one, or name a binary with AIRIS_NATS_SERVER';

export interface ServerBinary {
  readonly path: string;
  readonly version: string;
}

export interface ServerPlaces {
  /** `AIRIS_NATS_SERVER`: must be good where it is given. */
  readonly named: string | null;
  /** `PATH`. */
  readonly searchPath: string;
  /** Folders that may hold a `nats-server` installed for us. */
  readonly folders: readonly string[];
}

/** The first nats-server that is new enough: the named one, then PATH, then the folders. */
export async function findServerBinary(places: ServerPlaces): Promise<ServerBinary> {
  if (places.named !== null) return await namedBinary(resolve(places.named));
  const candidates = [...places.searchPath.split(delimiter).filter((folder) => folder !== ''), ...places.folders]
    .map((folder) => join(folder, 'nats-server'))
    .filter(isFile);
  const tooOld: string[] = [];
  for (const path of new Set(candidates)) {
    const found = await versionOf(path);
    if (found.version !== null && isNewEnough(found.version)) return { path, version: found.version };
    tooOld.push(`${path} (${found.text})`);
  }
  if (tooOld.length === 0) {
    throw new HubError(
      'BROKER_SERVER_MISSING',
      `no nats-server on PATH or in ${places.folders.join(', ')}`,
      INSTALL_HINT,
    );
  }
  throw tooOldError(tooOld.join(', '));
}

async function namedBinary(path: string): Promise<ServerBinary> {
  if (!isFile(path)) {
    throw new HubError('BROKER_SERVER_MISSING', `AIRIS_NATS_SERVER names ${path}, which is not a file`, INSTALL_HINT);
  }
  const { version, text } = await versionOf(path);
  if (version === null || !isNewEnough(version)) throw tooOldError(`${path} (${text})`);
  return { path, version };
}

function tooOldError(found: string): HubError {
  return new HubError(
    'BROKER_SERVER_TOO_OLD',
    `nats-server ${MIN_SERVER_VERSION.join('.')} or newer is needed, found ${found}: older ones ignore settings that durability rests on`,
    INSTALL_HINT,
  );
}

/** `nats-server: v2.15.1` → `2.15.1`; where the program does not answer like that, what it did instead. */
async function versionOf(path: string): Promise<{ readonly version: string | null; readonly text: string }> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 5_000 });
    const version = /nats-server: v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? null;
    return { version, text: version ?? 'tells no version' };
  } catch (cause) {
    return { version: null, text: `does not run: ${errorText(cause).split('\n')[0] ?? ''}` };
  }
}

export function isNewEnough(version: string): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  for (const [index, least] of MIN_SERVER_VERSION.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
