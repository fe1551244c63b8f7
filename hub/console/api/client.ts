import { ApiError, readProblem, unreachable } from './problem.ts';
import type {
  ActiveTransactions,
  CapacityAnswer,
  DemoFault,
  DemoShopAnswer,
  EnrolmentTokenMade,
  EnrolmentTokenRequest,
  FeedbackRequest,
  Finding,
  HeldLinesAnswer,
  HeldLinesQuery,
  HeldTraceAnswer,
  Host,
  HostDetail,
  HubHealth,
  Incident,
  IncidentDetail,
  IncidentState,
  LogSources,
  MetricsAnswer,
  MetricsQuery,
  Page,
  RisksAnswer,
  Session,
  SessionRequest,
  ThreadsAnswer,
  Topology,
  TraceAnswer,
  TraceQuery,
  TransactionList,
  TransactionListQuery,
  TransactionsAnswer,
  TransactionsQuery,
  WatchLease,
} from './types.ts';

/** Longest wait for an answer. Longer than this and a value on the screen would be older than its due. */
export const REQUEST_TIMEOUT_MS = 6000;

const HOST_TIMEOUT_MS = 25_000;

/** Hosts asked for in one go; more are paged. The fleet of one hub is in the hundreds. */
const HOSTS_PER_PAGE = 500;
const MAX_HOST_PAGES = 20;

export type ApiClient = ReturnType<typeof createApiClient>;

/** Typed requests to the hub. Keeps the session's CSRF value in memory only; the cookie is the browser's. */
export function createApiClient(send: typeof fetch = (input, init) => fetch(input, init)) {
  let csrf: string | null = null;

  async function request<T>(
    method: string,
    path: string,
    body: unknown,
    signal?: AbortSignal,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (method !== 'GET' && csrf !== null) headers['x-airis-csrf'] = csrf;
    const limits = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])];
    const response = await send(`/api/v1${path}`, {
      method,
      headers,
      credentials: 'same-origin',
      signal: AbortSignal.any(limits),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      if (signal?.aborted) throw cause;
      throw unreachable(cause);
    });
    if (!response.ok) throw await readProblem(response);
    if (response.status === 204) return undefined as T; // Routes without content are typed `void` by their caller.
    try {
      // The hub checks its answers against the same schemas; the console trusts its own origin.
      return (await response.json()) as T;
    } catch (cause) {
      const status = response.status;
      throw new ApiError({ code: 'ANSWER_NOT_JSON', status, detail: `${method} ${path}` }, { cause });
    }
  }

  const get = <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, undefined, signal);
  const post = <T>(path: string, body: unknown = {}, signal?: AbortSignal) => request<T>('POST', path, body, signal);
  /** What a host is asked for takes the host's time. */
  const askHost = <T>(path: string, body: unknown = {}) => request<T>('POST', path, body, undefined, HOST_TIMEOUT_MS);
  const id = encodeURIComponent;

  const keepCsrf = (session: Session): Session => {
    csrf = session.csrf;
    return session;
  };

  return {
    session: async (signal?: AbortSignal) => keepCsrf(await get<Session>('/session', signal)),
    signIn: async (credentials: SessionRequest) => keepCsrf(await post<Session>('/session', credentials)),
    signOut: () => request<void>('DELETE', '/session', undefined),

    /** Every host, following the pages; refuses to go on beyond 10,000. */
    hosts: async (signal?: AbortSignal): Promise<Host[]> => {
      const hosts: Host[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < MAX_HOST_PAGES; page += 1) {
        const after: string = cursor === null ? '' : `&cursor=${id(cursor)}`;
        const answer: Page<Host> = await get(`/hosts?limit=${HOSTS_PER_PAGE}${after}`, signal);
        hosts.push(...answer.items);
        cursor = answer.nextCursor;
        if (cursor === null) break;
      }
      return hosts;
    },
    host: (hostId: string, signal?: AbortSignal) => get<HostDetail>(`/hosts/${id(hostId)}`, signal),
    capacity: (hostId: string, signal?: AbortSignal) => get<CapacityAnswer>(`/hosts/${id(hostId)}/capacity`, signal),
    watchHost: (hostId: string, signal?: AbortSignal) => post<WatchLease>(`/hosts/${id(hostId)}/watch`, {}, signal),
    heldLines: (query: HeldLinesQuery) => askHost<HeldLinesAnswer>('/query/held-lines', query),
    setLogSources: (hostId: string, sources: LogSources) =>
      request<LogSources>('PUT', `/hosts/${id(hostId)}/log-sources`, sources),
    takeThreads: (hostId: string) => askHost<ThreadsAnswer>(`/hosts/${id(hostId)}/threads`),
    metrics: (query: MetricsQuery, signal?: AbortSignal) => post<MetricsAnswer>('/query/metrics', query, signal),
    findings: (query: { from: string; limit: number }, signal?: AbortSignal) =>
      get<Page<Finding>>(`/findings?from=${id(query.from)}&limit=${query.limit}`, signal),

    incidents: (query: { state?: IncidentState; limit: number }, signal?: AbortSignal) =>
      get<Page<Incident>>(`/incidents?limit=${query.limit}${query.state ? `&state=${query.state}` : ''}`, signal),
    incident: (incidentId: string, signal?: AbortSignal) => get<IncidentDetail>(`/incidents/${id(incidentId)}`, signal),
    acknowledge: (incidentId: string) => post<unknown>(`/incidents/${id(incidentId)}/ack`),
    resolve: (incidentId: string, reason: string) =>
      post<unknown>(`/incidents/${id(incidentId)}/resolve`, reason === '' ? {} : { reason }),
    note: (incidentId: string, text: string) => post<unknown>(`/incidents/${id(incidentId)}/note`, { text }),
    feedback: (incidentId: string, feedback: FeedbackRequest) =>
      post<unknown>(`/incidents/${id(incidentId)}/feedback`, feedback),

    transactions: (query: TransactionsQuery, signal?: AbortSignal) =>
      post<TransactionsAnswer>('/query/transactions', query, signal),
    transactionList: (query: TransactionListQuery, signal?: AbortSignal) =>
      post<TransactionList>('/query/transactions/list', query, signal),
    trace: (query: TraceQuery, signal?: AbortSignal) => post<TraceAnswer>('/query/traces', query, signal),
    heldTrace: (query: TraceQuery) => askHost<HeldTraceAnswer>('/query/held-trace', query),
    activeTransactions: (signal?: AbortSignal) => get<ActiveTransactions>('/transactions/active', signal),

    risks: (signal?: AbortSignal) => get<RisksAnswer>('/risks', signal),
    topology: (signal?: AbortSignal) => get<Topology>('/topology', signal),

    demoFaults: (signal?: AbortSignal) => get<DemoFault[]>('/demo/faults', signal),
    demoShop: (signal?: AbortSignal) => get<DemoShopAnswer>('/demo/shop', signal),
    orderDemoFault: (name: string, order: 'start' | 'stop') => post<DemoFault>(`/demo/faults/${id(name)}/${order}`),

    health: (signal?: AbortSignal) => get<HubHealth>('/health', signal),
    makeEnrolmentToken: (wanted: EnrolmentTokenRequest) => post<EnrolmentTokenMade>('/enrolment-tokens', wanted),
  };
}
