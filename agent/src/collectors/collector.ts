import type { Explanation } from '@airis/models';
import type { Attributes, Change, MetricKind } from '@airis/protocol';
import { z } from 'zod';
import type { LogSink } from '../receivers/log-line.ts';
import type { RecordingRow } from '../rum/recordings.ts';
import type { TraceSpan } from '../traces/trace-span.ts';
import type { TransactionColumns } from '../transactions/transaction-columns.ts';
import type { Host } from './host.ts';

/** What a metric is, as it travels to the hub: units, docs and the metric picker follow from it. */
export interface MetricInfo {
  /** UCUM unit as in OpenTelemetry: `By`, `s`, `1`, `{packet}`. */
  readonly unit: string;
  readonly kind: MetricKind;
  readonly about: string;
}

/**
 * Where a collector puts what it read. Counters are written raw and cumulative; the series registry turns them into an
 * increase per second. Non-finite values and metrics that `emits` does not declare are refused there and counted.
 */
export interface SampleWriter {
  write(metric: string, value: number, attributes?: Attributes): void;
  /**
   * Only for collectors with `maxDeclared`: a metric whose name is known only at run time. The first declaration counts
   * for good.
   *
   * @returns whether it may be written; if not, the reason is counted
   */
  declare?(metric: string, info: MetricInfo): boolean;
  /** Only for collectors with `maxDeclared`: counts what came from outside and was not taken. */
  refuse?(reason: string, howMany?: number): void;
}

/** What a collector may use beside files and a clock; `doctor` lists it. */
export type Capability = 'http' | 'http-server' | 'sql' | 'udp' | 'tcp' | 'program' | 'snmp' | 'capture';

/** A process among those that use most CPU now; for explanations only, never a series. */
export interface TopProcess {
  readonly pid: number;
  /** Executable's name, cleaned; never a command line. */
  readonly name: string;
  /** Share of the whole host's CPU since the reading before, 0..1 (as `system.cpu.utilization`). */
  readonly cpuRatio: number;
  /** Resident bytes, where the collector reads them. */
  readonly memoryBytes?: number;
}

/** Calls to another service, as the source itself shows them: its log, its configuration, its sockets. */
export interface CallsSeen {
  /** `ip:port` of the other side, IPv6 in brackets. */
  readonly address: string;
  readonly kind: 'socket' | 'access-log' | 'configuration';
  /** In the words of the source: `proxy_pass http://127.0.0.1:8080`; at most 300 characters. */
  readonly text: string;
  /**
   * `access-log`: calls since the collector was made; only ever grows, the report takes increases. `socket`: connections
   * now. `configuration`: 0.
   */
  readonly count: number;
  /** Who calls; by default what the agent speaks for. */
  readonly client?: string;
}

/** What an interface of this host hangs on. */
export interface LinkSeen {
  readonly interfaceName: string;
  /** `device:sw-core-1`. */
  readonly device: string;
  /** As the device calls itself. */
  readonly deviceName: string;
  readonly port: string;
  /** Where the device is managed, if it says so. */
  readonly address: string | null;
}

/** A change as a collector knows it; its id and the host it is of are given by whoever runs it. */
export type SeenChange = Omit<Change, 'id' | 'entity'>;

export interface CollectorContext {
  readonly topProcesses?: readonly TopProcess[];
  /** What a finding about such a trouble should say now: who holds the lock. */
  readonly explanations?: readonly Explanation[];
  /** Whom this source calls, for the service map; at most 64. */
  readonly calls?: readonly CallsSeen[];
  /** What this host's interfaces hang on; at most 32. */
  readonly links?: readonly LinkSeen[];
  /** What people should know of how it reads, beside errors; at most 300 characters. */
  readonly note?: string;
}

/**
 * What a collector reads: the whole host; the processes of a scope (it sees no others in `/proc`, and its settings are the
 * scope's); or services, which are looked for in what the agent watches.
 */
export type Watches = 'host' | 'scope' | 'both';

/** A polled source: read every `everyMs`, one call at a time, never overlapping itself. */
export interface Collector {
  readonly name: string;
  readonly watches: Watches;
  readonly emits: Readonly<Record<string, MetricInfo>>;
  /** Metrics it may declare while it runs, beside `emits`; 0 for none. */
  readonly maxDeclared: number;
  readonly everyMs: number;
  readonly capabilities: readonly Capability[];
  /** Whether there is anything to read here now; asked at start and now and then, so a source may come later. */
  applies(host: Host): Promise<boolean>;
  collect(host: Host, out: SampleWriter): Promise<void>;
  /** What the last reading knows that is no series. */
  context?(): CollectorContext;
  /** Completed requests it has read; whoever runs it takes them. */
  transactions?(): TransactionColumns;
  /** Spans that came since the last call, for whole traces; their names are masked. */
  takeSpans?(): readonly TraceSpan[];
  /** What happened since the last call that is worth an event of its own. */
  takeChanges?(): readonly SeenChange[];
  /** Hands over lines that came with the rest, until the sink is full; what it did not take comes again. */
  deliverLines?(sink: LogSink): void;
  /** Parts of masked recordings of visits that came since the last call; they stay on this host. */
  takeRecordings?(): readonly RecordingRow[];
  /** Releases what the collector holds (open files). */
  close?(): Promise<void>;
  /** The same collector without its memory, to take the place of one whose reading never ended. */
  anew(): Collector;
}

/** Makes a collector from unchecked configuration; the schema is part of the agent's configuration schema. */
export interface CollectorDefinition {
  readonly name: string;
  readonly watches: Watches;
  readonly config: z.ZodType;
  create(config: unknown): Collector;
}

type Emits = Readonly<Record<string, MetricInfo>>;

export interface CollectorSpec<C extends z.ZodType, S> {
  readonly name: string;
  /** Default `host`. */
  readonly watches?: Watches;
  readonly config: C;
  /** A function where the settings say what there is to read. */
  readonly emits: Emits | ((config: z.output<C>) => Emits);
  /** Default 0: only what `emits` says. */
  readonly maxDeclared?: number;
  /** Default 1,000. */
  readonly everyMs?: number;
  readonly capabilities?: readonly Capability[];
  /** Memory between readings (the counters before, open files), made once for each collector. */
  state(config: z.output<C>): S;
  applies?(host: Host, config: z.output<C>): Promise<boolean>;
  collect(host: Host, config: z.output<C>, out: SampleWriter, state: S): Promise<void>;
  context?(state: S): CollectorContext;
  transactions?(state: S): TransactionColumns;
  takeSpans?(state: S): readonly TraceSpan[];
  takeChanges?(state: S): readonly SeenChange[];
  deliverLines?(state: S, sink: LogSink): void;
  takeRecordings?(state: S): readonly RecordingRow[];
  close?(state: S): Promise<void>;
}

/** Declares a collector; `create` closes over the parsed configuration and throws a `ZodError` for a bad one. */
export function defineCollector<C extends z.ZodType, S>(spec: CollectorSpec<C, S>): CollectorDefinition {
  const watches = spec.watches ?? 'host';
  return {
    name: spec.name,
    watches,
    config: spec.config,
    create(input) {
      const config = spec.config.parse(input ?? {});
      return make();

      function make(): Collector {
        const state = spec.state(config);
        return {
          name: spec.name,
          watches,
          emits: typeof spec.emits === 'function' ? spec.emits(config) : spec.emits,
          maxDeclared: spec.maxDeclared ?? 0,
          everyMs: spec.everyMs ?? 1_000,
          capabilities: spec.capabilities ?? [],
          applies: async (host) => (spec.applies === undefined ? true : spec.applies(host, config)),
          collect: (host, out) => spec.collect(host, config, out, state),
          ...(spec.context === undefined ? {} : { context: () => spec.context!(state) }),
          ...(spec.transactions === undefined ? {} : { transactions: () => spec.transactions!(state) }),
          ...(spec.takeSpans === undefined ? {} : { takeSpans: () => spec.takeSpans!(state) }),
          ...(spec.takeChanges === undefined ? {} : { takeChanges: () => spec.takeChanges!(state) }),
          ...(spec.deliverLines === undefined ? {} : { deliverLines: (sink) => spec.deliverLines!(state, sink) }),
          ...(spec.takeRecordings === undefined ? {} : { takeRecordings: () => spec.takeRecordings!(state) }),
          ...(spec.close === undefined ? {} : { close: () => spec.close!(state) }),
          anew: make,
        };
      }
    },
  };
}

/** For collectors that remember nothing. */
export const stateless = (): null => null;
/** For collectors without settings. */
export const noConfig = z.strictObject({});
