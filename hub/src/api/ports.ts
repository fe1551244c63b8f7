import type { EnrolmentAnswer, EnrolmentRequest, Result } from '@airis/protocol';
import type { AccessRole, HubHealth } from './types.ts';

/**
 * What the API needs of the rest of the hub, and nothing more. The parts themselves fulfil these; tests use in-memory
 * objects. Times are Unix ms; the API turns them into text.
 */
export interface Ports {
  readonly access: AccessPort;
  readonly enrolment: EnrolmentPort;
  readonly agents: AgentsPort;
  readonly query: QueryPort;
  readonly audit: AuditPort;
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

export interface SessionInfo {
  readonly user: string;
  readonly role: AccessRole;
  readonly csrf: string;
  readonly expiresAtMs: number;
}

export interface UserInfo {
  readonly name: string;
  readonly role: AccessRole;
  readonly createdAtMs: number;
}

export interface ApiTokenInfo {
  readonly id: string;
  readonly name: string;
  readonly role: AccessRole;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly lastUsedAtMs: number | null;
}

/** People, their sessions, and API tokens. Secrets are hashed at rest; `null` and `false` mean refused or unknown. */
export interface AccessPort {
  /** Uses up the one-time token of a sign-in link. `secret` goes into the cookie. */
  signInWithLink(token: string): Promise<{ secret: string; session: SessionInfo } | null>;
  signInWithPassword(user: string, password: string): Promise<{ secret: string; session: SessionInfo } | null>;
  /** The live session behind a cookie; asked again for every request and every 15 s of a stream. */
  session(secret: string): Promise<SessionInfo | null>;
  endSession(secret: string): Promise<void>;
  bearer(token: string): Promise<{ id: string; name: string; role: AccessRole } | null>;
  listUsers(): Promise<readonly UserInfo[]>;
  /** False when the name is taken. */
  createUser(user: { name: string; role: AccessRole; password: string }): Promise<boolean>;
  deleteUser(name: string): Promise<boolean>;
  listTokens(): Promise<readonly ApiTokenInfo[]>;
  createToken(token: {
    name: string;
    role: AccessRole;
    expiresAtMs: number | null;
  }): Promise<{ info: ApiTokenInfo; token: string }>;
  deleteToken(id: string): Promise<boolean>;
}

export interface EnrolmentTokenInfo {
  readonly id: string;
  readonly wantedId: string | null;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly usedAtMs: number | null;
  readonly agent: string | null;
}

export interface EnrolmentPort {
  listTokens(page: PageRequest): Promise<PageOf<EnrolmentTokenInfo>>;
  createToken(token: {
    wantedId: string | null;
    generalLogSources: readonly string[];
    createdBy: string;
  }): Promise<{ id: string; token: string; command: string; expiresAtMs: number }>;
  /** Refusals: `token-unknown`, `token-used`, `token-expired`, `bad-proof`, … */
  enrol(request: EnrolmentRequest, from: { address: string }): Promise<Result<EnrolmentAnswer>>;
}

export interface AgentInfo {
  readonly id: string;
  readonly hostName: string;
  readonly enrolledAtMs: number;
  readonly revokedAtMs: number | null;
}

export interface AgentsPort {
  list(): Promise<readonly AgentInfo[]>;
  get(id: string): Promise<AgentInfo | null>;
  /** False when there is no such agent or it is revoked already. Cuts the live connection. */
  revoke(id: string): Promise<boolean>;
  /** Renews the live lease and nudges the agent. */
  watch(id: string, liveUntilUnixMs: number): Promise<void>;
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

/** The typed query layer. It may be away while everything else works: it then throws, and the hosts table has gaps. */
export interface QueryPort {
  metrics(request: MetricsRequest): Promise<MetricsResult>;
  logs(request: LogsRequest): Promise<PageOf<LogRow>>;
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

export interface AuditInfo {
  readonly id: string;
  readonly atMs: number;
  readonly who: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: string;
  readonly detail: Readonly<Record<string, string>>;
}

export interface AuditPort {
  /** Durable when it resolves. */
  record(entry: Omit<AuditInfo, 'id'>): Promise<void>;
  list(page: PageRequest): Promise<PageOf<AuditInfo>>;
}

export interface QuarantinePort {
  list(page: PageRequest): Promise<
    PageOf<{
      id: string;
      atMs: number;
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
