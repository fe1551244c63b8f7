import type { Role } from '@airis/protocol';
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
}

/** How one kind of service is recognised. Each is one file in this folder and one line in `roles`. */
export interface RoleDefinition {
  readonly name: Role['name'];
  readonly tier: Role['tier'];
  find(evidence: HostEvidence): Promise<FoundRole[]>;
}

export const defineRole = (definition: RoleDefinition): RoleDefinition => definition;
