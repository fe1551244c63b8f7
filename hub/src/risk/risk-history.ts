import type { Change } from '@airis/protocol';

/** A time in which something held; `Infinity` while it still does. */
export interface Span {
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
}

/** What is known of the past of a fleet, for the odds of its next incidents. */
export interface RiskHistory extends Span {
  /** By agent, since when it is watched. */
  readonly watchedSince: ReadonlyMap<string, number>;
  /** Incidents that an agent had a part in, from when they were noticed to when they were over. */
  readonly incidents: readonly (Span & { readonly agents: readonly string[] })[];
  readonly findings: readonly (Span & { readonly agent: string; readonly trouble: string })[];
  readonly changes: readonly { readonly agent: string; readonly kind: Change['kind']; readonly atUnixMs: number }[];
  /** Agents of what an agent's services need. */
  readonly needs: (agent: string) => readonly string[];
}
