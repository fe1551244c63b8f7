import { type BeanAttributes, beanName, type JolokiaRead } from './jolokia.ts';

/** What a Tomcat says of itself at one moment. */
export interface TomcatReading {
  readonly pools: readonly {
    readonly connector: string;
    readonly busy: number;
    readonly threads: number;
    readonly limit: number;
    readonly requests: number | null;
    readonly errors: number | null;
  }[];
  /** How long each request in service has run. */
  readonly activeMs: readonly number[];
  readonly sessions: number | null;
  readonly heap: { readonly used: number; readonly limit: number | null } | null;
  readonly nonHeapUsed: number | null;
  readonly gcSeconds: readonly { readonly name: string; readonly seconds: number }[];
  readonly loadedClasses: number | null;
}

/** The questions, in the order `tomcatReading` expects their answers. Embedded Tomcats use another domain. */
export const tomcatReads: readonly JolokiaRead[] = [
  { mbean: '*:type=ThreadPool,name=*', attribute: ['currentThreadsBusy', 'currentThreadCount', 'maxThreads'] },
  { mbean: '*:type=GlobalRequestProcessor,name=*', attribute: ['requestCount', 'errorCount'] },
  { mbean: '*:type=RequestProcessor,*', attribute: ['stage', 'requestProcessingTime'] },
  { mbean: '*:type=Manager,*', attribute: ['activeSessions'] },
  { mbean: 'java.lang:type=Memory', attribute: ['HeapMemoryUsage', 'NonHeapMemoryUsage'] },
  { mbean: 'java.lang:type=GarbageCollector,name=*', attribute: ['CollectionTime'] },
  { mbean: 'java.lang:type=ClassLoading', attribute: ['LoadedClassCount'] },
];

/** `org.apache.coyote.Constants.STAGE_SERVICE`: an answer is being made; before it the request is read, after it kept alive. */
const STAGE_SERVICE = 3;
const CONNECTORS = 8;

export function tomcatReading(answers: readonly (BeanAttributes | null)[]): TomcatReading {
  const [pools, processors, requests, managers, memory, collectors, classes] = answers;
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
        const limit = numberIn(values, 'maxThreads');
        if (busy === null || threads === null || limit === null) return [];
        const total = totals.get(keys.get('name')) ?? null;
        return [
          {
            connector: connectorName(keys.get('name') ?? ''),
            busy,
            threads,
            limit,
            requests: numberIn(total, 'requestCount'),
            errors: numberIn(total, 'errorCount'),
          },
        ];
      }),
    activeMs: beansOf(requests).flatMap(({ values }) =>
      numberIn(values, 'stage') === STAGE_SERVICE ? (numberIn(values, 'requestProcessingTime') ?? []) : [],
    ),
    sessions: sessions.length === 0 ? null : sessions.reduce((sum, one) => sum + one, 0),
    heap: heapUsed === null ? null : { used: heapUsed, limit: positive(numberIn(heap, 'max')) },
    nonHeapUsed: numberIn(objectIn(memory, 'NonHeapMemoryUsage'), 'used'),
    gcSeconds: beansOf(collectors, false).flatMap(({ keys, values }) => {
      const spent = numberIn(values, 'CollectionTime');
      return spent === null ? [] : [{ name: keys.get('name') ?? '', seconds: spent / 1_000 }];
    }),
    loadedClasses: numberIn(classes ?? null, 'LoadedClassCount'),
  };
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
const positive = (value: number | null) => (value !== null && value > 0 ? value : null);

function objectIn(values: BeanAttributes | null | undefined, key: string): BeanAttributes | null {
  const value = values?.[key];
  return isObject(value) ? value : null;
}

function numberIn(values: BeanAttributes | null, key: string): number | null {
  const value = values?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
