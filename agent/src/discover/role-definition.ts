import { createHash } from 'node:crypto';
import type { Role } from '@airis/protocol';
import type { Host } from '../collectors/host.ts';
import type { HostEvidence } from './host-evidence.ts';

/** A role that runs now: what is said of it, and how to see whether it still does. */
export interface FoundRole {
  /** The same for the same service across restarts: its configuration file, or where it listens. */
  readonly key: string;
  readonly role: Role;
  readonly process: { readonly pid: number; readonly startTicks: number };
  readonly ports: readonly number[];
  /** Exists as long as the service is installed; a stopped role without it is gone for good. */
  readonly configPath: string | null;
  /** Changes when the configuration was edited; `null` where it cannot be read. */
  readonly configDigest: string | null;
  /** Other services that its configuration names, with the words of it. */
  readonly calls?: readonly { readonly address: string; readonly text: string }[];
}

/** How one kind of service is recognised. Each is one file in this folder and one line in `roles`. */
export interface RoleDefinition {
  readonly name: Role['name'];
  readonly tier: Role['tier'];
  find(evidence: HostEvidence): Promise<FoundRole[]>;
}

export const defineRole = (definition: RoleDefinition): RoleDefinition => definition;

/**
 * A configuration that may be read, with its digest; both `null` where it may not, because a path that cannot be read
 * looks like a service that was removed.
 */
export async function readableConfig(
  host: Host,
  path: string | null,
): Promise<Pick<FoundRole, 'configPath' | 'configDigest'>> {
  const text = path === null ? null : await host.tryReadText(path);
  if (text === null) return { configPath: null, configDigest: null };
  return { configPath: path, configDigest: createHash('sha256').update(text).digest('hex') };
}
