import { z } from 'zod';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector } from './collector.ts';
import type { FileSystemSpace, Host } from './host.ts';
import { wholeLines } from './proc-text.ts';

const config = z.strictObject({
  mountLimit: z.int().min(1).max(512).default(64).describe('file systems reported; further ones are left out'),
  // Two may hang one after the other, and the whole reading is cut off after 10 s.
  timeoutMs: z.int().min(100).max(4_000).default(2_000).describe('a mount that answers later counts as hung'),
});

/** How full each real, writable file system is. A hung network mount is asked once and not again until it answers. */
export const filesystemCollector = defineCollector({
  name: 'filesystem',
  config,
  everyMs: 5_000,
  emits: {
    'system.filesystem.usage': {
      unit: 'By',
      kind: 'gauge',
      about: 'space by state: used, free (for everybody), reserved (for root only)',
    },
    'system.filesystem.utilization': {
      unit: '1',
      kind: 'gauge',
      about: 'used / (used + free), 0..1, as df shows it; reserved space does not count',
    },
    'system.filesystem.limit': { unit: 'By', kind: 'gauge', about: 'size of the file system' },
    'system.filesystem.inodes.usage': { unit: '{inode}', kind: 'gauge', about: 'inodes by state: used, free' },
    'airis.filesystem.hung': { unit: '1', kind: 'gauge', about: '1 while the mount does not answer' },
  },
  state: ({ mountLimit }) => ({
    of: new BoundedAttributes(mountLimit, (key) => attributesOf(key, null)),
    used: new BoundedAttributes(mountLimit, (key) => attributesOf(key, 'used')),
    free: new BoundedAttributes(mountLimit, (key) => attributesOf(key, 'free')),
    reserved: new BoundedAttributes(mountLimit, (key) => attributesOf(key, 'reserved')),
    waiting: new Set<string>(),
  }),
  applies: async (host) => (await host.tryReadText('/proc/self/mountinfo')) !== null,
  async collect(host, { timeoutMs }, out, { of, used, free, reserved, waiting }) {
    for (const mount of realMounts(await host.readText('/proc/self/mountinfo'))) {
      const key = [mount.device, mount.mountPoint, mount.type].join('\0');
      const attributes = of.get(key);
      if (attributes === null) continue;
      const space = await spaceOf(host, mount.mountPoint, timeoutMs, waiting);
      if (space === 'hung') out.write('airis.filesystem.hung', 1, attributes);
      if (typeof space === 'string' || space.totalBytes === 0) continue;
      const usedBytes = space.totalBytes - space.freeBytes;
      const within = usedBytes + space.availableBytes;
      out.write('airis.filesystem.hung', 0, attributes);
      out.write('system.filesystem.limit', space.totalBytes, attributes);
      out.write('system.filesystem.utilization', within > 0 ? usedBytes / within : 1, attributes);
      out.write('system.filesystem.usage', usedBytes, used.get(key)!);
      out.write('system.filesystem.usage', space.availableBytes, free.get(key)!);
      out.write('system.filesystem.usage', space.freeBytes - space.availableBytes, reserved.get(key)!);
      if (space.inodes === 0) continue;
      out.write('system.filesystem.inodes.usage', space.inodes - space.inodesFree, used.get(key)!);
      out.write('system.filesystem.inodes.usage', space.inodesFree, free.get(key)!);
    }
  },
});

function attributesOf(key: string, state: string | null) {
  const [device = '', mountPoint = '', type = ''] = key.split('\0');
  return {
    'system.device': device,
    'system.filesystem.mountpoint': mountPoint,
    'system.filesystem.type': type,
    ...(state === null ? {} : { 'system.filesystem.state': state }),
  };
}

/** Longest list of mounts that may wait at once: each occupies one of the four threads that serve all files. */
const WAITING_LIMIT = 2;

async function spaceOf(
  host: Host,
  path: string,
  timeoutMs: number,
  waiting: Set<string>,
): Promise<FileSystemSpace | 'hung' | 'unreadable'> {
  if (waiting.has(path)) return 'hung';
  if (waiting.size >= WAITING_LIMIT) return 'unreadable';
  waiting.add(path);
  const answer = host
    .statfs(path)
    .catch(() => 'unreadable' as const)
    .finally(() => waiting.delete(path));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'hung'>((resolve) => {
    timer = setTimeout(() => resolve('hung'), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface Mount {
  readonly device: string;
  readonly mountPoint: string;
  readonly type: string;
}

/** File systems that keep data: on a device, or over the network. */
const dataTypes = new Set(
  'ext2 ext3 ext4 xfs btrfs zfs f2fs jfs reiserfs bcachefs vfat exfat ntfs ntfs3 nfs nfs4 cifs smb3 ceph glusterfs ocfs2 gfs2 9p virtiofs fuseblk'.split(
    ' ',
  ),
);
/** Memory-backed ones that the system keeps for itself. */
const systemPlace = /^\/(?:dev|run|sys|proc)(?:\/|$)/;

/**
 * Real, writable file systems of `/proc/self/mountinfo`. A device mounted in several places (bind mounts) counts once, at
 * its shortest path; tmpfs counts outside the system's own places; overlay only as the root of a container. What makes
 * one read-only is its own option, not that of the mount: systemd's `ProtectSystem` mounts everything so for the agent.
 */
export function realMounts(text: string): Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const line of wholeLines(text)) {
    const [mountPart = '', sourcePart] = line.split(' - ', 2);
    if (sourcePart === undefined) continue;
    const [, , deviceNumber, , escapedPoint] = mountPart.split(' ');
    const [type, source, options] = sourcePart.split(' ');
    if (deviceNumber === undefined || escapedPoint === undefined || type === undefined || source === undefined)
      continue;
    const mountPoint = unescapeMount(escapedPoint);
    const keepsData =
      dataTypes.has(type) ||
      (type === 'tmpfs' && !systemPlace.test(mountPoint)) ||
      (type === 'overlay' && mountPoint === '/');
    if (!keepsData || options?.split(',').includes('ro') === true) continue;
    const known = byDevice.get(deviceNumber);
    if (known !== undefined && known.mountPoint.length <= mountPoint.length) continue;
    byDevice.set(deviceNumber, { device: unescapeMount(source), mountPoint, type });
  }
  return [...byDevice.values()];
}

/** Blanks and backslashes stand as three octal digits. */
const unescapeMount = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
