import { createHash, randomUUID } from 'node:crypto';
import { cpus, hostname, uptime } from 'node:os';
import { join } from 'node:path';
import { isSea } from 'node:sea';
import { createEdgeDetection, type EdgeDetection } from '@airis/models';
import {
  type Actual,
  type Desired,
  type Finding,
  type Health,
  type Inventory,
  MAX_CLOCK_AHEAD_MS,
  PROTOCOL_VERSION,
  type Role,
  semconv,
} from '@airis/protocol';
import {
  agentStarted,
  agentStopped,
  type ChangeMaker,
  clockBehind,
  clockStepped,
  floorChanged,
  hostRebooted,
} from './changes/agent-changes.ts';
import { type ChangeWatch, createChangeWatches } from './changes/index.ts';
import { type ClockStep, createClock } from './clock.ts';
import { CollectorRun } from './collector-run.ts';
import { createHost, type Host } from './collectors/host.ts';
import { createCollectors } from './collectors/index.ts';
import type { AgentConfig } from './config.ts';
import { createRoleWatch, type KnownService } from './discover/role-watch.ts';
import { errorText } from './errors.ts';
import { EventPath } from './event-path.ts';
import { lockFolder } from './folder-lock.ts';
import { FULL_AFTER_MS, FULL_BEFORE_MS } from './full-windows.ts';
import { type FloorInForce, floorText, readFloor } from './gate/floor-file.ts';
import { withinFloor } from './gate/floor-host.ts';
import { Gate } from './gate/gate.ts';
import { LiveFloor } from './gate/live-floor.ts';
import { FLOOR_PATH } from './gate/log-rules.ts';
import type { Identity } from './identity.ts';
import { createThreadSource } from './jvm/thread-source.ts';
import { Asks } from './link/asks.ts';
import { HubLink, type LinkStatus } from './link/hub-link.ts';
import type { Log } from './log.ts';
import { createLogFindings } from './log-findings.ts';
import { LogPath } from './log-path.ts';
import { MetricPath } from './metric-path.ts';
import { readInventory } from './read-inventory.ts';
import { createLogReceivers } from './receivers/index.ts';
import { Refusals } from './refusals.ts';
import type { RecordingRow } from './rum/recordings.ts';
import { startModelRunner } from './runner/model-runner.ts';
import { SamplingLoop } from './sampling-loop.ts';
import { createWatched } from './scope/watched.ts';
import { SeriesRegistry } from './series-registry.ts';
import { KeptRows } from './store/kept-rows.ts';
import { LocalStore } from './store/local-store.ts';
import type { LogRow } from './store/log-row.ts';
import { PositionFile } from './store/position-file.ts';
import { SegmentStore } from './store/segment-store.ts';
import { Spool } from './store/spool.ts';
import { TemplateFile } from './store/template-file.ts';
import { TextFile } from './store/text-file.ts';
import { machineId } from './topology/machine-id.ts';
import { TopologyReport } from './topology/topology-report.ts';
import { TracePath } from './traces/trace-path.ts';
import type { SpanRow } from './traces/trace-span.ts';
import { TransactionPath } from './transactions/transaction-path.ts';
import { AGENT_VERSION } from './version.ts';

export interface AgentOptions {
  readonly directory: string;
  readonly config: AgentConfig;
  readonly identity: Identity;
  /** Folder of the model that ships; the entry of its worker thread, `undefined` from source. */
  readonly model: { readonly folder: string; readonly workerEntry: URL | undefined };
  readonly log: Log;
  /** The machine; tests give captured files. */
  readonly host?: Host;
  /** Reads what root allows; by default /etc/airis-agent/floor.yaml. */
  readonly readFloor?: () => FloorInForce;
}

/** What `status.json` says, for `status` and `doctor`. */
export interface AgentStatus {
  readonly pid: number;
  readonly agent: string;
  readonly samplingEveryMs: number;
  readonly link: LinkStatus;
  readonly logSources: readonly string[];
  /** What bounds it, in words. */
  readonly floor: string;
  /** What this host keeps, under one limit. */
  readonly held: {
    readonly limitBytes: number;
    readonly metricBytes: number;
    readonly lineBytes: number;
    readonly spanBytes: number;
    readonly dotBytes: number;
  };
  readonly health: Health;
}

export interface RunningAgent extends AsyncDisposable {
  status(): AgentStatus;
}

const HEALTH_EVERY_MS = 10_000;
const FLOOR_EVERY_MS = 5_000;
const ROLES_EVERY_MS = 2_000;
const INVENTORY_EVERY_MS = 3_600_000;
const SOCKETS_EVERY_MS = 10_000;
/** The services of a scope mostly start with its agent: what is not there yet is looked for so often. */
const SCOPE_LOOK_MS = 5_000;
/** Collectors have so long of a step; what comes later counts for the next one. */
const COLLECT_WITHIN_MS = 700;
/** What the health message has room for. */
const LINK_LIMIT = 32;
/** Calls that one collector may tell. */
const CALLS_OF_ONE = 64;
const DRAIN_MS = 3_000;
const CORES = Math.max(1, cpus().length);

/** Builds the parts, hands them to each other, and runs them until disposed; then stops them in reverse. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { directory, config, identity, log } = options;
  const startedAtUnixMs = Date.now();
  await using stack = new AsyncDisposableStack();
  stack.use(lockFolder(directory, log));

  const clock = createClock(Date.now, () => performance.now());
  const refusals = new Refusals();
  const floor = new LiveFloor(options.readFloor ?? (() => readFloor(FLOOR_PATH)));
  noteInvalidFloor();
  const host = withinFloor(options.host ?? createHost('/', clock.nowMs), () => floor.floor);
  const onRefused = (reason: string): void => refusals.count(reason);
  const { agent } = identity;
  let localStoreBytes = () => 0;
  const hostEntity = `host:${agent}`;
  const changes: ChangeMaker = { agent, newId: () => `c-${randomUUID()}` };

  const spool = stack.use(
    new Spool({ ...config.spool, path: join(directory, 'spool.sqlite'), nowMs: clock.nowMs, log }),
  );
  const { limitBytes } = config.localStore;
  const keeping = { retentionMs: config.localStore.retentionHours * 3_600_000, nowMs: clock.nowMs, log, onRefused };
  const segments: SegmentStore = stack.use(
    new SegmentStore({
      ...keeping,
      folder: join(directory, 'local'),
      // Metrics may fill three quarters of the cap; lines, spans and dots have what they leave.
      limitBytes: () => Math.max(limitBytes / 4, limitBytes - localStoreBytes()),
    }),
  );
  const localStore = stack.use(
    new LocalStore({
      ...keeping,
      path: join(directory, 'local.sqlite'),
      limitBytes,
      othersBytes: () => segments.bytes,
    }),
  );
  localStoreBytes = () => localStore.bytes;
  const keptLines = new KeptRows<LogRow>(segments, 'log', log);
  const keptRecordings = new KeptRows<RecordingRow>(segments, 'replay', log);
  const keptSpans = new KeptRows<SpanRow>(segments, 'span', log);
  const gate = new Gate({ floor: floor.floor, pseudonymKey: pseudonymKey(identity), refusals });
  const registry = new SeriesRegistry({
    resource: { [semconv.attribute.hostName]: hostname() },
    refusals,
    maxSeries: config.sampling.maxSeries,
  });
  const metricPath = new MetricPath({ registry, spool, localStore });
  const events = new EventPath(gate, spool, refusals, log);
  const positions = new PositionFile(join(directory, 'positions.json'), log, onRefused);
  const statusFile = new TextFile(join(directory, 'status.json'), log, onRefused);
  const templates = new TemplateFile(join(directory, 'templates.json'), log, onRefused);
  const newLogDetection = () => createLogFindings(gate, config.scope?.entity ?? hostEntity);
  let logDetection = newLogDetection();
  const logPath = new LogPath({
    gate,
    spool,
    positions,
    nowMs: clock.nowMs,
    kept: keptLines,
    templates,
    detection: { observe: (line) => logDetection.observe(line) },
  });
  const spokenFor = (role: string) => config.scope?.entity ?? `service:${role}@${agent}`;
  const transactionPath = new TransactionPath({ gate, spool, kept: segments, refusals, spokenFor });
  const tracePath = new TracePath({ gate, spool, kept: keptSpans, refusals, spokenFor });

  const runner = config.model.enabled
    ? await startModelRunner({
        shipped: options.model.folder,
        lastGood: join(directory, 'models', 'last-good'),
        workerEntry: options.model.workerEntry,
        log,
      })
    : null;
  if (runner !== null) stack.use(runner);
  const newDetection = (): EdgeDetection =>
    createEdgeDetection({
      hostEntity,
      scopeEntity: config.scope?.entity ?? null,
      model: runner?.port ?? null,
      newId: () => `f-${randomUUID()}`,
    });
  let detection = newDetection();
  let seriesInDetection = 0;

  const collectors = createCollectors(config.collectors, config.scope);
  const watched = createWatched(host, config);
  const runs = collectors.map((collector) => {
    const seen = collector.watches === 'host' ? host : watched.host;
    return new CollectorRun(collector, {
      host: seen,
      registry,
      gate,
      refusals,
      random: Math.random,
      monotonicMs: () => performance.now(),
      ...(config.scope === undefined ? {} : { appliesEveryMs: SCOPE_LOOK_MS }),
    });
  });
  stack.defer(async () => {
    await Promise.allSettled(runs.map(async (run) => run.collector.close?.()));
  });
  const transactions = () => runs.flatMap((run) => run.collector.transactions?.() ?? []);
  const takeSpans = () => runs.flatMap((run) => run.collector.takeSpans?.() ?? []);
  const roleWatch = createRoleWatch(watched.host, {
    agent,
    newId: () => randomUUID(),
    memory: positions,
    ...watched.roles,
  });
  const changeWatches = createChangeWatches({
    host,
    watchedHost: watched.host,
    config,
    hostEntity,
    newId: () => randomUUID(),
    memory: positions,
    services: () => services,
  });
  const topology = new TopologyReport();
  const machine = await machineId(host);
  let topologyNow: Health['topology'] = { listens: [], calls: [], links: [] };
  let services: readonly KnownService[] = [];
  let roles: readonly Role[] = [];
  let inventory: Inventory | null = null;
  let desiredRevision = 0;
  let metricsTold = 0;

  // This program again: the binary, or Node with what it was started with.
  const thisProgram = isSea() ? [] : [...process.execArgv, process.argv[1] ?? ''];
  const threads = createThreadSource(
    [process.execPath, ...thisProgram],
    (pid) => watched.report()?.pids.includes(pid) ?? true,
  );
  const asks = new Asks({
    held: {
      localStore,
      metricPath,
      segments,
      lines: keptLines,
      spans: keptSpans,
      recordings: keptRecordings,
      threads,
      gate,
      nowMs: clock.nowMs,
    },
    mayAsk: (verb) => floor.mayAsk(verb),
    refusals,
    log,
  });
  const link = new HubLink({
    identity,
    spool,
    nowMs: clock.nowMs,
    random: Math.random,
    log,
    onDesired: applyDesired,
    onNudge: ({ liveUntilUnixMs, announce }) => {
      if (liveUntilUnixMs !== undefined) metricPath.watchUntil(liveUntilUnixMs, clock.nowMs());
      if (announce === true) metricPath.announceAll();
    },
    onAsk: (ask) => void asks.take(ask),
    actual,
  });

  const lineSink = changeWatches.watching(logPath);
  const deliverLines = () => {
    for (const run of runs) run.collector.deliverLines?.(lineSink);
  };
  const keepRecordings = () => {
    for (const { collector } of runs) for (const row of collector.takeRecordings?.() ?? []) keptRecordings.add(row);
    keptRecordings.step(clock.nowMs());
  };

  stack.defer(async () => {
    const nowMs = clock.nowMs();
    deliverLines();
    keepRecordings();
    logPath.finish(nowMs);
    transactionPath.finish(transactions());
    tracePath.finish(nowMs, takeSpans());
    metricPath.finish();
    events.change(agentStopped(changes, nowMs));
    keptRecordings.flush();
    spool.flush();
    await link.drain(DRAIN_MS);
    await link[Symbol.asyncDispose]();
  });

  const receivers = stack.use(
    await createLogReceivers(host, config.receivers, lineSink, positions, (receiver, error) =>
      log.error('RECEIVER_FAILED', errorText(error), { receiver }),
    ),
  );
  reportStart();
  link.start();
  every(FLOOR_EVERY_MS, async () => lookAtFloor());
  every(ROLES_EVERY_MS, pollRoles);
  every(1_000, async () => receivers.poll());
  every(1_000, async () => deliverLines());
  every(1_000, async () => keepRecordings());
  every(SOCKETS_EVERY_MS, pollSockets, 1_500);
  for (const watch of changeWatches.all) every(watch.everyMs, async () => pollChanges(watch), 2_500);
  every(10_000, async () => tellSeenChanges(), 2_500);
  every(INVENTORY_EVERY_MS, refreshInventory, 3_000);
  const loop = stack.use(
    new SamplingLoop({
      clock,
      everyMs: config.sampling.everyMs,
      step,
      onRate: (everyMs) => {
        refusals.count('sampling-rate-changed');
        log.warn('SAMPLING_RATE', 'the host is too busy or has recovered', { everyMs });
      },
    }),
  );
  loop.start();
  log.info('AGENT_STARTED', 'collecting', { agent, directory, version: AGENT_VERSION });

  const parts = stack.move();
  return { status, [Symbol.asyncDispose]: () => parts.disposeAsync() };

  async function step(tMs: number): Promise<void> {
    try {
      const clockStep = clock.check();
      if (clockStep !== null) noteClockStep(clockStep);
      await Promise.race([Promise.all(runs.map((run) => run.step(tMs))), within(COLLECT_WITHIN_MS)]);
      detect(tMs);
      metricPath.step(tMs);
      registry.endStep();
      logPath.step(tMs);
      transactionPath.step(tMs, transactions());
      tracePath.step(tMs, takeSpans());
      if (tMs % HEALTH_EVERY_MS < loop.everyMs) reportHealth();
    } catch (error) {
      // One broken step must not end the loop; it is seen in the log and as a gap.
      refusals.count('step-failed');
      log.error('STEP_FAILED', errorText(error));
    }
  }

  function detect(tMs: number): void {
    for (; seriesInDetection < registry.length; seriesInDetection++) {
      const { id, identity: series } = registry.series[seriesInDetection]!;
      detection.addSeries(seriesInDetection, { id, ...series });
    }
    const contexts = runs.flatMap((run) => run.context() ?? []);
    // Collectors tell shares of the whole host; detection thinks in cores.
    const topProcesses = contexts
      .flatMap((context) => context.topProcesses ?? [])
      .map((process) => ({ ...process, cpuRatio: process.cpuRatio * CORES }));
    detection.setContext({
      ...(topProcesses.length > 0 ? { topProcesses } : {}),
      explanations: contexts.flatMap((context) => context.explanations ?? []),
    });
    detection.observe(tMs, registry.values, registry.length);
    logDetection.step(tMs);
    for (const finding of [...detection.takeFindings(), ...logDetection.takeFindings()]) report(finding);
  }

  function report(finding: Finding): void {
    events.finding(finding);
    const nowMs = clock.nowMs();
    if (finding.state === 'open') metricPath.sendAround(nowMs - FULL_BEFORE_MS, nowMs + FULL_AFTER_MS, nowMs);
  }

  function noteClockStep(clockStep: ClockStep): void {
    log.warn('CLOCK_STEP', 'the wall clock was set', { kind: clockStep.kind, byMs: Math.round(clockStep.byMs) });
    events.change(clockStepped(changes, clock.nowMs(), clockStep));
    if (clockStep.kind !== 'back-taken') return;
    // Detection never takes a time again: it starts over with the past it now has.
    detection = newDetection();
    seriesInDetection = 0;
    logDetection = newLogDetection();
  }

  function lookAtFloor(): void {
    if (!floor.look()) return;
    gate.setFloor(floor.floor);
    const text = floorText(floor.inForce);
    log.warn('FLOOR_CHANGED', text);
    noteInvalidFloor();
    events.change(floorChanged(changes, clock.nowMs(), floor.inForce.problem === null));
  }

  function noteInvalidFloor(): void {
    if (floor.inForce.problem === null) return;
    refusals.count('floor-invalid');
    log.error('FLOOR_INVALID', floorText(floor.inForce));
  }

  async function pollRoles(): Promise<void> {
    const news = await roleWatch.poll();
    roles = news.roles;
    services = news.services;
    for (const change of news.changes) events.change(change);
    for (const finding of news.findings) report(finding);
  }

  async function pollChanges(watch: ChangeWatch): Promise<void> {
    for (const change of await watch.poll()) events.change(change);
  }

  function tellSeenChanges(): void {
    for (const run of runs) {
      for (const seen of run.collector.takeChanges?.() ?? [])
        events.change({ ...seen, id: `c-${randomUUID()}`, entity: hostEntity });
    }
  }

  async function pollSockets(): Promise<void> {
    const { listens, calls } = await watched.readSockets(services);
    topology.setListens(listens);
    const nowMs = clock.nowMs();
    for (const call of calls) topology.noteCall(call, nowMs);
  }

  function takeTopology(nowMs: number): Health['topology'] {
    for (const call of runs.flatMap((run) => run.context()?.calls?.slice(0, CALLS_OF_ONE) ?? [])) {
      topology.noteCall({ ...call, client: call.client ?? watched.caller(services) ?? hostEntity }, nowMs);
    }
    const links = runs.flatMap((run) => run.context()?.links ?? []).slice(0, LINK_LIMIT);
    return { ...topology.take(nowMs), links: links.map((link) => ({ ...link })) };
  }

  async function refreshInventory(): Promise<void> {
    inventory = await readInventory();
    link.publishActual();
  }

  function applyDesired(desired: Desired): void {
    if (desired.revision < desiredRevision) return;
    desiredRevision = desired.revision;
    metricPath.setPolicy(desired.metrics);
    gate.setGeneralLogSources(desired.generalLogSources);
    if (desired.liveUntilUnixMs !== null) metricPath.watchUntil(desired.liveUntilUnixMs, clock.nowMs());
    link.publishActual();
  }

  function reportStart(): void {
    const nowMs = clock.nowMs();
    const { previousSpooledAtUnixMs: previous } = spool;
    const bootTimeUnixMs = Math.round(Date.now() - uptime() * 1_000);
    if (previous !== null && bootTimeUnixMs > previous) events.change(hostRebooted(changes, bootTimeUnixMs));
    const attributes = {
      version: AGENT_VERSION,
      ...(previous === null ? {} : { previousSpooledAtUnixMs: `${previous}` }),
    };
    events.change(agentStarted(changes, nowMs, attributes));
    const proven = Math.max(previous ?? 0, identity.enrolledAtUnixMs);
    if (proven > nowMs + MAX_CLOCK_AHEAD_MS) events.change(clockBehind(changes, nowMs, proven));
  }

  function reportHealth(): void {
    topologyNow = takeTopology(clock.nowMs());
    const now = status();
    events.health(now.health);
    statusFile.save(JSON.stringify(now));
    if (metricsTold === registry.declaredCount) return;
    metricsTold = registry.declaredCount;
    link.publishActual();
  }

  function status(): AgentStatus {
    const { lossRowsByReason, ...spoolHealth } = spool.health();
    const cpu = process.cpuUsage();
    const detectionStatus = detection.status();
    return {
      pid: process.pid,
      agent,
      samplingEveryMs: loop.everyMs,
      link: link.status(),
      logSources: receivers.sources(),
      floor: floorText(floor.inForce),
      held: {
        limitBytes,
        metricBytes: localStore.bytes,
        lineBytes: segments.bytesOf('log'),
        spanBytes: segments.bytesOf('span'),
        dotBytes: segments.bytesOf('transaction'),
      },
      health: {
        atUnixMs: clock.nowMs(),
        agentVersion: AGENT_VERSION,
        startedAtUnixMs,
        inventory,
        roles: [...roles].slice(0, 64),
        machine,
        scope: watched.report(),
        topology: topologyNow,
        spool: spoolHealth,
        lossRowsByReason: { ...lossRowsByReason },
        refusedByReason: { ...receivers.refusedByReason(), ...refusals.snapshot(), ...missedSteps() },
        collectors: runs.flatMap((run) => run.state(clock.nowMs()) ?? []).slice(0, 64),
        self: {
          cpuSecondsTotal: (cpu.user + cpu.system) / 1e6,
          rssBytes: process.memoryUsage.rss(),
          series: registry.length,
        },
        detection: { ...detectionStatus, error: detectionStatus.error ?? runner?.error ?? null },
      },
    };
  }

  function missedSteps(): Record<string, number> {
    return loop.missed === 0 ? {} : { 'missed-step': loop.missed };
  }

  function actual(): Actual {
    return {
      schema: 1,
      agentVersion: AGENT_VERSION,
      protocolVersion: PROTOCOL_VERSION,
      revisionApplied: desiredRevision,
      refused: [],
      inventoryDigest: createHash('sha256').update(JSON.stringify(inventory)).digest('hex'),
      emits: Object.assign({}, ...collectors.map((collector) => collector.emits), registry.declared()),
    };
  }

  /** Runs `work` again and again, never two at a time; a failure is logged and the next one comes. */
  function every(intervalMs: number, work: () => Promise<void>, firstAfterMs = 0): void {
    let timer: NodeJS.Timeout;
    let running: Promise<void> = Promise.resolve();
    let isStopped = false;
    const run = async () => {
      try {
        await work();
      } catch (error) {
        refusals.count(`${work.name || 'task'}-failed`);
        log.error('TASK_FAILED', errorText(error), { task: work.name });
      }
      if (!isStopped) timer = setTimeout(next, intervalMs);
    };
    const next = () => {
      running = run();
    };
    timer = setTimeout(next, firstAfterMs);
    stack.defer(async () => {
      isStopped = true;
      clearTimeout(timer);
      await Promise.race([running, within(1_000)]);
    });
  }
}

/** Resolves later without keeping the process alive. */
const within = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** Secret of this host for pseudonyms: bound to its identity, known to nobody else. */
const pseudonymKey = (identity: Identity): Uint8Array =>
  createHash('sha256').update('airis-pseudonym\0').update(identity.seed).digest();
