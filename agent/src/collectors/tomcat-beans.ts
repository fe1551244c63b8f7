import { type JdbcPool, jdbcPools, jdbcReads } from './jdbc-pools.ts';
import { type BeanAttributes, beanName, type JolokiaRead, numberIn } from './jolokia.ts';

/** What a Tomcat says of itself at one moment. */
export interface TomcatReading {
  readonly pools: readonly {
    readonly connector: string;
    readonly busy: number;
    readonly threads: number;
    /** `null` where several Executors could be the connector's. */
    readonly limit: number | null;
    readonly requests: number | null;
    readonly errors: number | null;
    readonly busySeconds: number | null;
    readonly bytesReceived: number | null;
    readonly bytesSent: number | null;
    readonly connections: number | null;
    readonly connectionLimit: number | null;
  }[];
  readonly executors: readonly { readonly name: string; readonly queued: number }[];
  readonly jdbcPools: readonly JdbcPool[];
  /** How long each request in service has run. */
  readonly activeMs: readonly number[];
  readonly sessions: number | null;
  readonly heap: { readonly used: number; readonly limit: number | null } | null;
  readonly heapCommitted: number | null;
  readonly nonHeapUsed: number | null;
  readonly gc: readonly { readonly name: string; readonly seconds: number; readonly count: number | null }[];
  readonly classes: { readonly now: number | null; readonly loaded: number | null; readonly unloaded: number | null };
  readonly jvmThreads: number | null;
}

/** The questions, in the order `tomcatReading` expects their answers. Embedded Tomcats use another domain. */
export const tomcatReads: readonly JolokiaRead[] = [
  {
    mbean: '*:type=ThreadPool,name=*',
    attribute: ['currentThreadsBusy', 'currentThreadCount', 'maxThreads', 'connectionCount', 'maxConnections'],
  },
  {
    mbean: '*:type=GlobalRequestProcessor,name=*',
    attribute: ['requestCount', 'errorCount', 'processingTime', 'bytesReceived', 'bytesSent'],
  },
  { mbean: '*:type=RequestProcessor,*', attribute: ['stage', 'requestProcessingTime'] },
  { mbean: '*:type=Manager,*', attribute: ['activeSessions'] },
  { mbean: 'java.lang:type=Memory', attribute: ['HeapMemoryUsage', 'NonHeapMemoryUsage'] },
  { mbean: 'java.lang:type=GarbageCollector,name=*', attribute: ['CollectionTime', 'CollectionCount'] },
  {
    mbean: 'java.lang:type=ClassLoading',
    attribute: ['LoadedClassCount', 'TotalLoadedClassCount', 'UnloadedClassCount'],
  },
  { mbean: 'java.lang:type=Threading', attribute: ['ThreadCount'] },
  { mbean: '*:type=Executor,name=*', attribute: ['queueSize', 'maxThreads'] },
  ...jdbcReads,
];

/** `org.apache.coyote.Constants.STAGE_SERVICE`: an answer is being made; before it the request is read, after it kept alive. */
const STAGE_SERVICE = 3;
const CONNECTORS = 8;

export function tomcatReading(answers: readonly (BeanAttributes | null)[]): TomcatReading {
  const [pools, processors, requests, managers, memory, collectors, classes, threading, executors, ...jdbc] = answers;
  const totals = new Map(beansOf(processors).map(({ keys, values }) => [keys.get('name'), values]));
  const sessions = beansOf(managers).flatMap(({ values }) => numberIn(values, 'activeSessions') ?? []);
  const heap = objectIn(memory, 'HeapMemoryUsage');
  const heapUsed = numberIn(heap, 'used');
  return {
    pools: beansOf(pools)
      .slice(0, CONNECTORS)
      .flatMap(({ keys, values }) => {
        const busy = numberIn(values, 'currentThreadsBusy');
        const threads = numberIn(values, 'currentThreadCount');
        // A connector with an Executor has -1 of its own.
        const limit = positive(numberIn(values, 'maxThreads')) ?? executorLimit(executors);
        if (busy === null || threads === null) return [];
        const total = totals.get(keys.get('name')) ?? null;
        return [
          {
            connector: connectorName(keys.get('name') ?? ''),
            busy,
            threads,
            limit,
            requests: numberIn(total, 'requestCount'),
            errors: numberIn(total, 'errorCount'),
            busySeconds: thousandth(numberIn(total, 'processingTime')),
            bytesReceived: numberIn(total, 'bytesReceived'),
            bytesSent: numberIn(total, 'bytesSent'),
            connections: numberIn(values, 'connectionCount'),
            connectionLimit: positive(numberIn(values, 'maxConnections')),
          },
        ];
      }),
    activeMs: beansOf(requests).flatMap(({ values }) =>
      numberIn(values, 'stage') === STAGE_SERVICE ? (numberIn(values, 'requestProcessingTime') ?? []) : [],
    ),
    sessions: sessions.length === 0 ? null : sessions.reduce((sum, one) => sum + one, 0),
    heap: heapUsed === null ? null : { used: heapUsed, limit: positive(numberIn(heap, 'max')) },
    nonHeapUsed: numberIn(objectIn(memory, 'NonHeapMemoryUsage'), 'used'),
    heapCommitted: numberIn(heap, 'committed'),
    gc: beansOf(collectors, false).flatMap(({ keys, values }) => {
      const seconds = thousandth(numberIn(values, 'CollectionTime'));
      return seconds === null
        ? []
        : [{ name: keys.get('name') ?? '', seconds, count: numberIn(values, 'CollectionCount') }];
    }),
    classes: {
      now: numberIn(classes, 'LoadedClassCount'),
      loaded: numberIn(classes, 'TotalLoadedClassCount'),
      unloaded: numberIn(classes, 'UnloadedClassCount'),
    },
    jvmThreads: numberIn(threading, 'ThreadCount'),
    executors: beansOf(executors)
      .slice(0, CONNECTORS)
      .flatMap(({ keys, values }) => {
        const queued = numberIn(values, 'queueSize');
        return queued === null ? [] : [{ name: (keys.get('name') ?? '').slice(0, 100), queued }];
      }),
    jdbcPools: jdbcPools(jdbc),
  };
}

function executorLimit(executors: BeanAttributes | null | undefined): number | null {
  const [only, another] = beansOf(executors);
  return another === undefined ? positive(numberIn(only?.values, 'maxThreads')) : null;
}

/** Beans that a pattern matched; other software has thread pools and managers too, so only Tomcat's own domains. */
function beansOf(answer: BeanAttributes | null | undefined, ofTomcat = true) {
  return Object.entries(answer ?? {}).flatMap(([name, value]) => {
    const { domain, keys } = beanName(name);
    if (ofTomcat && domain !== 'Catalina' && domain !== 'Tomcat') return [];
    return isObject(value) ? [{ keys, values: value }] : [];
  });
}

/** `http-nio-127.0.0.1-8080` → `http-nio-8080`: the address says nothing more, and would be masked on its way. */
const connectorName = (name: string): string =>
  name.replace(/-(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:%]*:[0-9a-fA-F:%]*)(?=-)/, '').slice(0, 100);

const isObject = (value: unknown): value is BeanAttributes => typeof value === 'object' && value !== null;
const thousandth = (value: number | null) => (value === null ? null : value / 1_000);
const positive = (value: number | null) => (value !== null && value > 0 ? value : null);

function objectIn(values: BeanAttributes | null | undefined, key: string): BeanAttributes | null {
  const value = values?.[key];
  return isObject(value) ? value : null;
}
