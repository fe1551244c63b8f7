/** Who calls whom, as `GET /api/v1/topology` answers. */
export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly edges: readonly TopologyEdge[];
}
export interface TopologyNode {
  readonly entity: string;
  readonly tier: 'web' | 'was' | 'app' | 'database' | 'network' | 'host' | 'external';
  readonly host: string | null;
  readonly role: string | null;
  readonly state: 'ok' | 'minor' | 'major' | 'critical' | 'stale';
  readonly callsPerSecond: number | null;
  readonly p95ElapsedMs: number | null;
  /** Ratio 0..1. */
  readonly errorRatio: number | null;
}
export interface TopologyEdge {
  readonly caller: string;
  readonly callee: string;
  /** The address called, `ip:port`. */
  readonly via: string | null;
  /** 0..1: how sure it is that this edge exists. */
  readonly confidence: number;
  readonly evidence: readonly {
    readonly kind: string;
    readonly text: string;
    readonly count: number;
  }[];
  readonly callsPerSecond: number | null;
  readonly meanElapsedMs: number | null;
  readonly errorRatio: number | null;
  readonly usual: {
    readonly callsPerSecond: number | null;
    readonly meanElapsedMs: number | null;
    readonly errorRatio: number | null;
  } | null;
}
