/** The API's shapes, types only: what the console and other clients import. The schemas behind them are in `schema/`. */
export type {
  ApiToken,
  ApiTokenMade,
  ApiTokenRequest,
  EnrolmentTokenItem,
  EnrolmentTokenMade,
  EnrolmentTokenRequest,
  User,
  UserRequest,
} from './schema/access.ts';
export type { HeldLinesAnswer, HeldLinesQuery, ThreadsAnswer } from './schema/ask.ts';
export type { AuditEntry, Quarantined } from './schema/audit.ts';
export type { CapacityAnswer } from './schema/capacity.ts';
export type { AccessRole, Page, Problem } from './schema/common.ts';
export type { DemoFault, DemoShopAnswer } from './schema/demo.ts';
export type { Change, Evidence, Finding } from './schema/finding.ts';
export type { HubHealth } from './schema/health.ts';
export type {
  AgentHealth,
  Host,
  HostDetail,
  HostSeries,
  HostState,
  LogSources,
  WatchLease,
} from './schema/host.ts';
export type {
  Alert,
  Cause,
  FeedbackRequest,
  Incident,
  IncidentDetail,
  IncidentState,
  TimelineEntry,
} from './schema/incident.ts';
export type { LogLine, LogsQuery, MetricSeries, MetricsAnswer, MetricsQuery } from './schema/query.ts';
export type { HostRiskItem, RisksAnswer } from './schema/risk.ts';
export type { Session, SessionRequest } from './schema/session.ts';
export type { HealthUpdate, HostUpdate, StreamEvent } from './schema/stream.ts';
export type { Topology, TopologyAttachment, TopologyEdge, TopologyNode } from './schema/topology.ts';
export type {
  ActiveTransactions,
  AskedHost,
  HeldTraceAnswer,
  TraceAnswer,
  TraceQuery,
  TraceSpan,
  TransactionDots,
  TransactionGrid,
  TransactionItem,
  TransactionList,
  TransactionListQuery,
  TransactionsAnswer,
  TransactionsQuery,
} from './schema/transaction.ts';
