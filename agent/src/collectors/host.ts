import { closeSync, constants, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { open, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenPacketRing, PacketRing } from '../capture/packet-ring.ts';
import { openSnmp, type SnmpOpen } from '../snmp/snmp-session.ts';
import type { Capability } from './collector.ts';
import { type HttpGet, httpGetLoopback } from './http-get.ts';
import { type HttpListen, httpListen } from './http-listen.ts';
import { type RunProgram, runProgram } from './run-program.ts';
import { type TcpConnect, tcpConnect } from './tcp-connect.ts';
import { type UdpListen, udpListen } from './udp-listen.ts';

export interface FileSystemSpace {
  readonly totalBytes: number;
  /** Free for root. */
  readonly freeBytes: number;
  /** Free for everybody else. */
  readonly availableBytes: number;
  /** 0 where the file system has no fixed number of inodes (btrfs). */
  readonly inodes: number;
  readonly inodesFree: number;
}

/** All that collectors and discovery see of the machine; tests point `root` at captured files. */
export interface Host {
  /** Whole text of a file, at most 4 MiB; rejects when it cannot be read. */
  readText(path: string): Promise<string>;
  /** As `readText`, or `null` when it cannot be read: for files that older kernels and containers lack. */
  tryReadText(path: string): Promise<string | null>;
  /** The first `maxBytes` of a regular file; rejects for FIFOs, devices and directories. */
  readBytes(path: string, maxBytes: number): Promise<Uint8Array>;
  /** Reads a small kernel file into the caller's buffer: bytes read, or -1. For hundreds of files a second. */
  readInto(path: string, buffer: Uint8Array): number;
  /** Names in a folder; empty when it cannot be read. */
  list(path: string): Promise<string[]>;
  /** Target of a symbolic link, or `null`. */
  readLink(path: string): string | null;
  /** Changes when the file was written or replaced; `null` where there is none. */
  fileStamp(path: string): Promise<string | null>;
  nowMs(): number;
  /** Whether this host's floor lets the agent read a file, for those who open it themselves. */
  mayRead(path: string): boolean;
  /** The same of what is asked for figures: `address:port`, or the path of a socket. */
  mayCall(address: string): boolean;
  statfs(path: string): Promise<FileSystemSpace>;
  /** Only for collectors that declare `http`; loopback only. */
  readonly http?: HttpGet;
  /** Only for collectors that declare `udp`: a port that programs send to. */
  readonly udp?: UdpListen;
  /** Only for collectors that declare `tcp`: whether a port takes connections, and how soon. */
  readonly tcpConnect?: TcpConnect;
  /** Only for collectors that declare `program`. */
  readonly run?: RunProgram;
  /** Only for collectors that declare `snmp`. */
  readonly snmp?: SnmpOpen;
  /** Only for collectors that declare `capture`; the library for it is loaded when it is first used. */
  readonly capture?: (...place: Parameters<OpenPacketRing>) => Promise<PacketRing | null>;
  /** Only for collectors that declare `http-server`. */
  readonly httpServer?: HttpListen;
  /** The same over gRPC; HTTP/2 is loaded when it is first used. */
  readonly grpcServer?: HttpListen;
}

const MAX_TEXT_FILE_BYTES = 4 * 1024 * 1024;

/**
 * The machine seen from `root`. Kernel files (`/proc`, `/sys`) are read synchronously, which costs a tenth of a
 * round trip through the thread pool and cannot block; other files may lie on a hung mount and are read asynchronously.
 */
export function createHost(root = '/', nowMs: () => number = Date.now): Host {
  const at = (path: string) => (root === '/' ? path : join(root, path));
  const shared = Buffer.allocUnsafe(64 * 1024);
  const readText = async (path: string) =>
    isKernelFile(path) ? readKernelText(at(path), shared) : readRegularFile(at(path), MAX_TEXT_FILE_BYTES).then(decode);
  return {
    readText,
    async tryReadText(path) {
      try {
        return await readText(path);
      } catch {
        return null;
      }
    },
    readBytes: (path, maxBytes) => readRegularFile(at(path), maxBytes),
    readInto: (path, buffer) => readInto(at(path), buffer),
    async list(path) {
      try {
        return readdirSync(at(path));
      } catch {
        return [];
      }
    },
    readLink(path) {
      try {
        return readlinkSync(at(path));
      } catch {
        return null;
      }
    },
    async fileStamp(path) {
      try {
        const { ino, size, mtimeMs } = await stat(at(path));
        return `${ino} ${size} ${mtimeMs}`;
      } catch {
        return null;
      }
    },
    nowMs,
    mayRead: () => true,
    mayCall: () => true,
    async statfs(path) {
      const s = await statfs(at(path));
      return {
        totalBytes: s.blocks * s.bsize,
        freeBytes: s.bfree * s.bsize,
        availableBytes: s.bavail * s.bsize,
        inodes: s.files,
        inodesFree: s.ffree,
      };
    },
    http: httpGetLoopback,
    udp: udpListen,
    tcpConnect,
    run: runProgram,
    snmp: openSnmp,
    capture: async (...place) => (await import('../capture/packet-ring.ts')).openPacketRing(...place),
    httpServer: httpListen,
    grpcServer: async (place, options) => (await import('./grpc-listen.ts')).grpcListen(place, options),
  };
}

/** The host as a collector with these capabilities may see it. */
export function restrictHost(host: Host, capabilities: readonly Capability[]): Host {
  const { http, udp, tcpConnect: tcp, run, snmp, capture, httpServer, grpcServer, ...rest } = host;
  return {
    ...rest,
    ...(http !== undefined && capabilities.includes('http') ? { http } : {}),
    ...(udp !== undefined && capabilities.includes('udp') ? { udp } : {}),
    ...(tcp !== undefined && capabilities.includes('tcp') ? { tcpConnect: tcp } : {}),
    ...(run !== undefined && capabilities.includes('program') ? { run } : {}),
    ...(snmp !== undefined && capabilities.includes('snmp') ? { snmp } : {}),
    ...(capture !== undefined && capabilities.includes('capture') ? { capture } : {}),
    ...(httpServer !== undefined && capabilities.includes('http-server') ? { httpServer } : {}),
    ...(grpcServer !== undefined && capabilities.includes('http-server') ? { grpcServer } : {}),
  };
}

const isKernelFile = (path: string) => path.startsWith('/proc/') || path.startsWith('/sys/');
const decode = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

/** A process may end between open and read (ESRCH): that reads as -1 too. */
function readInto(path: string, buffer: Uint8Array): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return -1;
  }
  try {
    return readSync(descriptor, buffer, 0, buffer.length, null);
  } catch {
    return -1;
  } finally {
    closeSync(descriptor);
  }
}

/** Kernel files report size 0 and give a page at a time, so they are read until a read gives nothing. */
function readKernelText(path: string, shared: Buffer): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    let text = '';
    let filled = 0;
    for (;;) {
      const length = readSync(descriptor, shared, filled, shared.length - filled, null);
      if (length === 0) return text + shared.toString('utf8', 0, filled);
      filled += length;
      if (filled < shared.length) continue;
      // Kernel texts are ASCII where they are long, so cutting at a buffer's end splits no character.
      text += shared.toString('utf8', 0, filled);
      filled = 0;
      if (text.length >= MAX_TEXT_FILE_BYTES) return text;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** O_NONBLOCK, so that opening a FIFO nobody writes to does not hang; then only regular files are read. */
async function readRegularFile(path: string, maxBytes: number): Promise<Uint8Array> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = await file.stat();
  if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
  const buffer = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(stat.size, 4096)));
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
