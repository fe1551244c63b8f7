import type { AgentAnswer, Question } from '../ask/ask-agent.ts';
import type { AccessService } from '../auth/access.ts';
import type { Enrolment } from '../auth/enrolment.ts';
import type { RiskForecast } from '../risk/risk-forecast.ts';
import type { AccessStore } from '../store/state/access.ts';
import type { AuditStore } from '../store/state/audit.ts';
import type { IdentityStore } from '../store/state/identity.ts';
import type { LiveTopology } from '../topology/topology.ts';
import type { HubHealth } from './types.ts';

/**
 * What the API needs of the rest of the hub, and nothing more. The parts themselves fulfil these; tests put in-memory
 * objects in the place of engines. Times are Unix ms; the API turns them into text.
 */
export interface Ports {
  readonly access: AccessService;
  readonly people: Pick<AccessStore, 'users' | 'apiTokens'>;
  readonly enrolment: Enrolment;
  /** What to run on a new host, with its token in it. */
  readonly enrolCommand: (token: string) => string;
  readonly agents: Pick<IdentityStore, 'agents' | 'agent'>;
  readonly leases: LeasePort;
  /** Rejects with an `AskFailure` when it is not answered. */
  readonly ask: (question: Question) => Promise<AgentAnswer>;
  readonly query: QueryPort;
  readonly topology: Pick<LiveTopology, 'map' | 'agentOf' | 'attachments' | 'entityAt' | 'hostOf'>;
  /** Odds of incidents in the next half hour. */
  readonly risks: () => Promise<RiskForecast>;
  readonly audit: Pick<AuditStore, 'append' | 'list'>;
  readonly quarantine: QuarantinePort;
  readonly health: HealthPort;
}

/** A page asked for: at most `limit` items after `cursor`, an opaque text from the page before. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}
export interface PageOf<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface LeasePort {
  /** Tells the agent to send every second until then. */
  renew(agent: string, liveUntilUnixMs: number): Promise<void>;
}

export interface MetricsRequest {
  readonly metric: string;
  readonly agents?: readonly string[] | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  readonly stepMs: number;
  readonly aggregate: 'avg' | 'max' | 'min' | 'sum';
}

export interface MetricsResult {
  /** Width of a value where it differs from what was asked for: older data is kept coarser. */
  readonly stepMs?: number;
  readonly times: readonly number[];
  /** Columns line up with `times`; NaN or null is a gap. */
  readonly series: readonly {
    readonly id: string;
    readonly agent: string;
    readonly metric: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly unit: string;
    readonly mean: ArrayLike<number | null>;
    readonly min: ArrayLike<number | null>;
    readonly max: ArrayLike<number | null>;
  }[];
  readonly gaps: readonly {
    readonly agent: string;
    readonly fromUnixMs: number;
    readonly toUnixMs: number;
    readonly rows: number;
    readonly reason: string;
  }[];
}

export interface LogsRequest {
  readonly agents?: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly text?: string | undefined;
  readonly minSeverity?: number | undefined;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface LogRow {
  readonly timeUnixMs: number;
  readonly agent: string;
  readonly source: string;
  readonly severity: number;
  readonly templateId: string;
  readonly body: string;
}

/** Newest values of one host, for the hosts table. */
export interface HostLatest {
  readonly cpuUtilization: number | null;
  readonly memoryUtilization: number | null;
  /** 30 values, one a minute, oldest first. */
  readonly cpuTrend: readonly (number | null)[];
}

/** Which transactions are meant: those that ended in the window. */
export interface TransactionFilter {
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  readonly services?: readonly string[] | undefined;
  readonly minElapsedMs?: number | undefined;
  readonly maxElapsedMs?: number | undefined;
  readonly errorsOnly?: boolean | undefined;
}

/** Columns of equal length, by time. */
export interface TransactionDots {
  readonly kind: 'dots';
  readonly services: readonly string[];
  readonly count: number;
  /** Since the window's beginning. */
  readonly timesMs: Float32Array;
  readonly elapsedMs: Float32Array;
  readonly status: Uint16Array;
  readonly flags: Uint8Array;
  /** Index into `services`. */
  readonly service: Uint8Array;
}

/** Counts by time, elapsed time and service, where dots would be too many. */
export interface TransactionGrid {
  readonly kind: 'grid';
  readonly services: readonly string[];
  readonly count: number;
  readonly stepMs: number;
  /** Bin i reaches from edge i to edge i + 1; the last one takes everything beyond. */
  readonly elapsedEdgesMs: readonly number[];
  readonly cells: {
    readonly timesMs: Float32Array;
    readonly bin: Uint16Array;
    readonly service: Uint8Array;
    readonly count: Uint32Array;
    readonly failed: Uint32Array;
  };
}

export interface TransactionRow {
  readonly endUnixMs: number;
  readonly elapsedMs: number;
  readonly status: number;
  readonly flags: number;
  readonly service: string;
  readonly route: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly peer: string | null;
  readonly peerElapsedMs: number | null;
  readonly agent: string;
}

/** One span of a trace, stored or as its host answered. */
export interface TraceSpanRow {
  readonly endUnixMs: number;
  readonly elapsedMs: number;
  /** As OpenTelemetry: 1 internal, 2 server, 3 client, 4 producer, 5 consumer; 0 where not said. */
  readonly kind: number;
  readonly flags: number;
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly peer: string | null;
  readonly agent: string;
}

/** Of which trace, and when what is meant ended. */
export interface TraceRequest {
  readonly traceId: string;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
}

/** Requests in flight at one agent. */
export interface ActiveRow {
  readonly agent: string;
  readonly lt3s: number;
  readonly from3to8s: number;
  readonly ge8s: number;
  readonly atUnixMs: number;
}

/** The typed query layer. It may be away while everything else works: it then throws, and the hosts table has gaps. */
export interface QueryPort {
  metrics(request: MetricsRequest): Promise<MetricsResult>;
  logs(request: LogsRequest): Promise<PageOf<LogRow>>;
  transactions(request: TransactionFilter & { readonly maxDots: number }): Promise<TransactionDots | TransactionGrid>;
  /** Slowest first. */
  transactionList(
    request: TransactionFilter & { readonly limit: number },
  ): Promise<{ readonly items: readonly TransactionRow[]; readonly total: number }>;
  /** Every transaction of a trace that ended in the window; at most 1,000. */
  trace(request: TraceRequest): Promise<readonly TransactionRow[]>;
  /** Its spans that hosts chose to send; at most 2,000. */
  traceSpans(request: TraceRequest): Promise<readonly TraceSpanRow[]>;
  activeRequests(): Promise<readonly ActiveRow[]>;
  /** By agent; an agent without recent data is absent. */
  hostsLatest(): Promise<ReadonlyMap<string, HostLatest>>;
  /** Rows lost by agent and reason, since enrolment. */
  lossByHost(): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>>;
  seriesOf(agent: string): Promise<
    readonly {
      metric: string;
      attributes: Readonly<Record<string, string>>;
      unit: string;
      kind: 'gauge' | 'counter';
    }[]
  >;
}

export interface QuarantinePort {
  list(page: PageRequest): Promise<
    PageOf<{
      id: string;
      atUnixMs: number;
      agent: string;
      subject: string;
      reason: string;
      detail: string;
      sizeBytes: number;
    }>
  >;
}

export interface HealthPort {
  /** Everything but the agents, which the API counts itself. */
  read(): Promise<Omit<HubHealth, 'agents' | 'startedAt' | 'at' | 'version'>>;
  /** Every engine answers. */
  ready(): Promise<{ readonly ok: boolean; readonly failing: readonly string[] }>;
  /** Prometheus text of the other parts' own metrics. */
  metricsText(): Promise<string>;
}
