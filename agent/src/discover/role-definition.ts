import type { Role } from '@airis/protocol';
import type { Host } from '../collectors/host.ts';
import type { HostEvidence } from './host-evidence.ts';

/** A role that runs now: what is said of it, and how to see whether it still does. */
export interface FoundRole {
  /** The same for the same service across restarts: its configuration file, or where it listens. */
  readonly key: string;
  readonly role: Omit<Role, 'confidence'>;
  readonly process: { readonly pid: number; readonly startTicks: number };
  readonly ports: readonly number[];
  /** Exists as long as the service is installed; a stopped role without it is gone for good. */
  readonly configPath: string | null;
  /** Every file its configuration is made of, as far as it can be read; their edits are told. */
  readonly configFiles: readonly string[];
  /** Other services that its configuration names, with the words of it. */
  readonly calls?: readonly { readonly address: string; readonly text: string }[];
}

/** How one kind of service is recognised. Each is one file in this folder and one line in `roles`. */
export interface RoleDefinition {
  readonly name: Role['name'];
  readonly tier: Role['tier'];
  find(evidence: HostEvidence): Promise<FoundRole[]>;
}

/** How far each kind of evidence alone carries; a name anybody can give a process carries least but for a port. */
const weightOf: Readonly<Record<Role['evidence'][number]['kind'], number>> = {
  process: 0.6,
  listener: 0.4,
  config: 0.7,
  'status-page': 0.8,
  log: 0.4,
  operator: 1,
};

/**
 * How sure it is that a role is what it is called, 0..1: kinds of evidence count as independent (noisy or), several of
 * one kind as one.
 */
export function confidenceOf({ evidence }: Pick<Role, 'evidence'>): number {
  const kinds = new Set(evidence.map(({ kind }) => kind));
  const doubt = [...kinds].reduce((left, kind) => left * (1 - weightOf[kind]), 1);
  return Math.round((1 - doubt) * 100) / 100;
}

export const defineRole = (definition: RoleDefinition): RoleDefinition => definition;

/** A configuration that may be read, else none: a path that cannot be read looks like a service that was removed. */
export async function readableConfig(
  host: Host,
  path: string | null,
): Promise<Pick<FoundRole, 'configPath' | 'configFiles'>> {
  const isReadable = path !== null && (await host.tryReadText(path)) !== null;
  return isReadable ? { configPath: path, configFiles: [path] } : { configPath: null, configFiles: [] };
}
