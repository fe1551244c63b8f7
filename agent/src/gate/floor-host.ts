import { realpathSync } from 'node:fs';
import type { Host } from '../collectors/host.ts';
import { allows, type Floor, openFloor } from './log-rules.ts';

/** Magic links below `/proc/<pid>` lead to any file of the machine. */
const throughProc = /\/(?:root|cwd|exe|fd|map_files)\//;

/**
 * The machine as far as its floor lets the agent see it.
 *
 * @param floorNow - the floor in force, asked anew each time: root may edit it while the agent runs
 */
export function withinFloor(host: Host, floorNow: () => Floor): Host {
  let known = floorNow();
  let bounds = boundsOf(known);
  const now = (): Bounds => {
    const floor = floorNow();
    if (floor !== known) {
      known = floor;
      bounds = boundsOf(floor);
    }
    return bounds;
  };
  const mayRead = (path: string): boolean => now().mayRead(path);
  const mayCall = (address: string): boolean => now().mayCall(address);
  const { http, snmp, tcpConnect } = host;
  const assertMayCall = (address: string): void => {
    if (!mayCall(address)) refuseToCall(address);
  };
  return {
    ...host,
    mayRead,
    mayCall,
    readText: async (path) => (mayRead(path) ? host.readText(path) : refuseToRead(path)),
    tryReadText: async (path) => (mayRead(path) ? host.tryReadText(path) : null),
    readBytes: async (path, maxBytes) => (mayRead(path) ? host.readBytes(path, maxBytes) : refuseToRead(path)),
    readInto: (path, buffer) => (mayRead(path) ? host.readInto(path, buffer) : -1),
    ...(http === undefined
      ? {}
      : {
          http: async (url, limits) => {
            const { hostname, port, protocol } = new URL(url);
            const address = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
            assertMayCall(address);
            return http(url, limits);
          },
        }),
    ...(snmp === undefined
      ? {}
      : {
          snmp: async (target, secrets) => {
            assertMayCall(`${target.address}:${target.port}`);
            return snmp(target, secrets);
          },
        }),
    ...(tcpConnect === undefined
      ? {}
      : {
          tcpConnect: async (address, port, timeoutMs) => {
            assertMayCall(`${address}:${port}`);
            return tcpConnect(address, port, timeoutMs);
          },
        }),
  };
}

interface Bounds {
  mayRead(path: string): boolean;
  mayCall(address: string): boolean;
}

const unbounded: Bounds = { mayRead: () => true, mayCall: () => true };

function boundsOf({ paths, targets }: Floor): Bounds {
  // Most hosts have no floor.yaml, and collectors read a great many files a second.
  const isOpen = JSON.stringify([paths, targets]) === JSON.stringify([openFloor.paths, openFloor.targets]);
  if (isOpen) return unbounded;
  const isAllowed = allows(paths.mayRead, paths.never);
  return {
    mayRead: (path) => isOfKernel(path) || (isAllowed(path) && isAllowed(realPath(path))),
    mayCall: allows(targets.mayCall, targets.never),
  };
}

/** For those who open files and connections by other means than the host's. */
export function assertWithinFloor(
  host: Pick<Host, 'mayRead' | 'mayCall'>,
  address: string,
  passwordFile: string | undefined,
): void {
  if (!host.mayCall(address)) refuseToCall(address);
  if (passwordFile !== undefined && !host.mayRead(passwordFile)) refuseToRead(passwordFile);
}

const isOfKernel = (path: string): boolean =>
  /^\/(?:proc|sys)\//.test(path) && !/\/\.\.(?:\/|$)/.test(path) && !throughProc.test(path);

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Not there: there is nothing to read either.
    return path;
  }
}

const refuseToRead = (path: string): never => {
  throw new Error(`${path}: the floor of this host bars it; allow it in floor.yaml under paths.mayRead`);
};
const refuseToCall = (address: string): never => {
  throw new Error(`${address}: the floor of this host bars it; allow it in floor.yaml under targets.mayCall`);
};
