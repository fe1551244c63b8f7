import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Change } from '@airis/protocol';
import { z } from 'zod';
import { globFiles } from '../collectors/glob-files.ts';
import type { Host } from '../collectors/host.ts';
import type { KnownService } from '../discover/role-watch.ts';
import { maskSource } from '../gate/mask-event.ts';
import type { PositionStore } from '../receivers/log-line.ts';
import { type ConfigDiff, configDiff, wordsChanged } from './config-diff.ts';

const KiB = 1024;

export const configWatchConfig = z.strictObject({
  files: z
    .array(z.string().startsWith('/').max(500))
    .max(100)
    .default([
      '/etc/hosts',
      '/etc/resolv.conf',
      '/etc/crontab',
      '/etc/sysctl.conf',
      '/etc/sysctl.d/*.conf',
      '/etc/security/limits.conf',
      '/etc/security/limits.d/*.conf',
      '/etc/systemd/system/*.service',
    ])
    .describe('files, or patterns with * ? [ ], beside the configuration of the services that are found'),
  maxFileBytes: z
    .int()
    .min(1 * KiB)
    .max(4 * 1024 * KiB)
    .default(256 * KiB)
    .describe('of a larger file it is told that it changed, not what'),
});
export type ConfigWatchConfig = z.output<typeof configWatchConfig>;

export interface ConfigWatchParts {
  readonly host: Host;
  readonly config: ConfigWatchConfig;
  /** Of files that belong to no service that was found: `host:web-1`, or the scope's service. */
  readonly entity: string;
  /** Random part of ids: 8 to 60 lower-case letters, digits and dashes. */
  readonly newId: () => string;
  /** Digests only: an edit made while the agent was away is noticed too, without its lines. */
  readonly memory: PositionStore;
}

export interface ConfigWatch {
  /** Edits since the last call; to be called every 10 s or so. */
  poll(services: readonly Pick<KnownService, 'entity' | 'configFiles'>[]): Promise<Change[]>;
}

/** Files followed; further ones are not. Their texts stay in memory only, within the bytes. */
const FILE_LIMIT = 200;
const TEXT_BYTES_LIMIT = 4 * 1024 * KiB;
const MEMORY_KEY = 'config-files';
/** Their names say that every line is a secret: that they changed is told, nothing of what. */
const secretFile =
  /\.(?:key|pem|p12|pfx|jks|keystore|htpasswd|pgpass)$|(?:^|\/)(?:shadow|id_[a-z0-9]+|\.my\.cnf)$|secret|credential|passw/i;

interface Followed {
  /** Whose it was when it was last named. */
  entity: string;
  stamp: string | null;
  digest: string | null;
  /** `null` where only the digest is known. */
  text: string | null;
}

const remembered = z.record(z.string().max(500), z.string().max(64).nullable());

/** Tells which configuration files were edited, made and removed, with their changed lines masked. */
export function createConfigWatch({ host, config, entity: spokenFor, newId, memory }: ConfigWatchParts): ConfigWatch {
  const followed = new Map(
    Object.entries(recall(memory)).map(([path, digest]): [string, Followed] => [
      path,
      { entity: spokenFor, stamp: null, digest, text: null },
    ]),
  );
  /** Whose files were looked at before: only among those is a new file a change, and not a service that was found. */
  let ownersBefore: ReadonlySet<string> = new Set();
  let savedCount = -1;
  let heldBytes = 0;

  async function look(path: string, entity: string): Promise<Change | null> {
    const stamp = await host.fileStamp(path);
    const known = followed.get(path);
    if (known !== undefined && known.stamp !== null && known.stamp === stamp) return null;
    const text = stamp === null ? null : await readWithin(path);
    const digest = stamp === null ? null : text === null ? stamp : digestOf(text);
    if (known === undefined) {
      if (digest === null || followed.size >= FILE_LIMIT) return null;
      followed.set(path, { entity, stamp, digest, text: hold(text, null) });
      return ownersBefore.has(entity) ? changeOf(path, entity, 'made', null) : null;
    }
    known.entity = entity;
    const before = known.text;
    const wasDigest = known.digest;
    known.stamp = stamp;
    known.digest = digest;
    known.text = hold(text, before);
    if (digest === wasDigest) return null;
    if (digest === null) return changeOf(path, entity, 'removed', null);
    if (wasDigest === null) return changeOf(path, entity, 'made', null);
    const isShown = before !== null && text !== null && !secretFile.test(path);
    const diff = isShown ? configDiff(before, text) : null;
    if (diff !== null && diff.lines.length === 0) return null;
    return changeOf(path, entity, 'edited', diff);
  }

  function hold(text: string | null, before: string | null): string | null {
    heldBytes -= before?.length ?? 0;
    if (text === null || heldBytes + text.length > TEXT_BYTES_LIMIT) return null;
    heldBytes += text.length;
    return text;
  }

  async function readWithin(path: string): Promise<string | null> {
    try {
      const bytes = await host.readBytes(path, config.maxFileBytes + 1);
      return bytes.length > config.maxFileBytes ? null : Buffer.from(bytes).toString('utf8');
    } catch {
      // Not readable for this user: that it changed shows in its stamp.
      return null;
    }
  }

  function changeOf(path: string, entity: string, what: keyof typeof words, diff: ConfigDiff | null): Change {
    const name = basename(maskSource(path));
    const only = diff?.added === 1 && diff.removed === 1 ? diff.lines : null;
    const detail =
      only !== null
        ? `: ${wordsChanged(only[0]!.slice(2), only[1]!.slice(2))}`
        : diff === null
          ? ''
          : ` (+${diff.added} −${diff.removed})`;
    return {
      id: `c-${newId()}`,
      kind: 'config',
      entity,
      atUnixMs: Math.round(host.nowMs()),
      summary: { ko: `${name} ${words[what].ko}${detail}`, en: `${name} ${words[what].en}${detail}` },
      attributes: {
        'file.path': maskSource(path),
        ...(diff === null ? {} : { 'airis.config.diff': diff.lines.join('\n') }),
      },
    };
  }

  return {
    async poll(services) {
      const owners = new Map<string, string>();
      for (const { entity, configFiles } of services) for (const path of configFiles) owners.set(path, entity);
      for (const pattern of config.files) {
        for (const path of await globFiles(host, pattern)) if (!owners.has(path)) owners.set(path, spokenFor);
      }
      const changes: Change[] = [];
      for (const path of new Set([...owners.keys(), ...followed.keys()])) {
        const change = await look(path, owners.get(path) ?? followed.get(path)?.entity ?? spokenFor);
        if (change !== null) changes.push(change);
        // Gone, and named by nobody any more.
        if (followed.get(path)?.digest === null && !owners.has(path)) followed.delete(path);
      }
      const digests = [...followed].map(([path, { digest }]) => [path, digest]);
      if (changes.length > 0 || digests.length !== savedCount) {
        savedCount = digests.length;
        memory.save(MEMORY_KEY, JSON.stringify(Object.fromEntries(digests)));
      }
      ownersBefore = new Set([...owners.values(), spokenFor]);
      return changes;
    },
  };
}

const words = {
  edited: { ko: '파일이 수정되었습니다', en: 'was edited' },
  made: { ko: '파일이 생겼습니다', en: 'was made' },
  removed: { ko: '파일이 삭제되었습니다', en: 'was removed' },
} as const;

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

function recall(memory: PositionStore): Record<string, string | null> {
  try {
    return remembered.parse(JSON.parse(memory.load(MEMORY_KEY) ?? '{}'));
  } catch {
    // A torn memory: files are learnt anew, and nothing is called a change.
    return {};
  }
}
