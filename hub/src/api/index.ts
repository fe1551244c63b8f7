import { queryHeldLines, takeThreads } from './ask.ts';
import { listAudit } from './audit.ts';
import { readHostCapacity } from './capacity.ts';
import { listDemoFaults, readDemoShop, startDemoFault, stopDemoFault } from './demo.ts';
import { enrol } from './enrol.ts';
import { createEnrolmentToken, listEnrolmentTokens, withdrawEnrolmentToken } from './enrolment-tokens.ts';
import { listFindings } from './findings.ts';
import { readHealth } from './health.ts';
import { listHosts, readHost, revokeHost, setLogSources, watchHost } from './hosts.ts';
import {
  acknowledgeIncident,
  feedbackOnIncident,
  listIncidents,
  noteOnIncident,
  readIncident,
  resolveIncident,
} from './incidents.ts';
import { healthz, metrics, readyz } from './probes.ts';
import { listQuarantine } from './quarantine.ts';
import { queryLogs, queryMetrics } from './query.ts';
import { readRisks } from './risks.ts';
import type { Route } from './route.ts';
import { readSession, signIn, signOut } from './session.ts';
import { createSignInLink } from './sign-in-links.ts';
import { stream } from './stream.ts';
import { createToken, listTokens, revokeToken } from './tokens.ts';
import { readTopology } from './topology.ts';
import { queryHeldTrace, queryTrace } from './traces.ts';
import { listActiveTransactions, listTransactions, queryTransactions } from './transactions.ts';
import { listUsers, putUser, removeUser } from './users.ts';

/** Every route of the hub; the server and the OpenAPI document are both made from this list. */
export const routes: readonly Route[] = [
  healthz,
  readyz,
  metrics,
  signIn,
  readSession,
  signOut,
  createSignInLink,
  listHosts,
  readHost,
  readHostCapacity,
  watchHost,
  takeThreads,
  setLogSources,
  revokeHost,
  queryMetrics,
  queryLogs,
  queryHeldLines,
  queryTransactions,
  listTransactions,
  queryTrace,
  queryHeldTrace,
  listActiveTransactions,
  readTopology,
  readRisks,
  listFindings,
  listIncidents,
  readIncident,
  acknowledgeIncident,
  resolveIncident,
  feedbackOnIncident,
  noteOnIncident,
  readHealth,
  listEnrolmentTokens,
  createEnrolmentToken,
  withdrawEnrolmentToken,
  enrol,
  listTokens,
  createToken,
  revokeToken,
  listUsers,
  putUser,
  removeUser,
  listAudit,
  listQuarantine,
  listDemoFaults,
  readDemoShop,
  startDemoFault,
  stopDemoFault,
  stream,
];
