import { type Evidence, formatSeriesId, type Severity } from '@airis/protocol';
import type { Detector, Explanation, SeriesInfo, Signal, Surroundings, Watch } from './detector.ts';
import type { Claim } from './finding-book.ts';
import { type SeriesRule, STARTED } from './rules.ts';
import type { BusyProcess, SteadyProcesses } from './steady-processes.ts';
import { type SubjectKind, subjects } from './subjects.ts';
import { recoveryOf, summaryOf, titleOf } from './words.ts';

interface WatchedSeries {
  readonly info: SeriesInfo;
  readonly detector: Detector;
  readonly watch: Watch;
}

/** So many processes started a second are a load of their own, though none lives long enough to be seen. */
const MANY_STARTED = 20;

/** A process of a service that uses less explains no load. */
const NOTICED_CORES = 0.05;

const rank: Readonly<Record<Severity, number>> = { info: 0, minor: 1, major: 2, critical: 3 };

/** Everything that speaks about one subject of a host (its CPU, one mount): joins what its watches say to one claim. */
export class SubjectWatch {
  readonly #kind: SubjectKind;
  readonly #name: string;
  readonly #entity: string;
  readonly #peer: string | null;
  readonly #processes: SteadyProcesses;
  readonly #watched: WatchedSeries[] = [];
  readonly #latest = new Map<string, number>();
  #startedInfo: SeriesInfo | null = null;
  readonly #around: Surroundings;

  constructor(rule: SeriesRule, entity: string, processes: SteadyProcesses) {
    this.#kind = rule.subject;
    this.#name = rule.name;
    this.#entity = entity;
    this.#peer = rule.peer ?? null;
    this.#processes = processes;
    this.#around = {
      companion: (role) => this.#latest.get(role) ?? Number.NaN,
      steadyCores: (fromMs) => processes.steadyCores(fromMs),
    };
  }

  /** Adds a series of this subject; the returned function takes its values. */
  add(
    info: SeriesInfo,
    rule: SeriesRule,
    watches: readonly { detector: Detector; watch: Watch }[],
  ): (tMs: number, value: number) => void {
    for (const { detector, watch } of watches) this.#watched.push({ info, detector, watch });
    if (rule.role === STARTED) this.#startedInfo = info;
    const own = watches.map(({ watch }) => watch);
    return (tMs, value) => {
      this.#latest.set(rule.role, value);
      for (const watch of own) watch.observe(tMs, value);
    };
  }

  judge(tMs: number, explanations: readonly Explanation[]): Claim | null {
    const held: { readonly by: WatchedSeries; readonly signal: Signal }[] = [];
    for (const by of this.#watched) {
      const signal = by.watch.judge(tMs, this.#around);
      if (signal !== null) held.push({ by, signal });
    }
    if (held.length === 0) return null;
    held.sort((a, b) => rank[b.signal.severity] - rank[a.signal.severity] || b.signal.score - a.signal.score);
    return this.#claim(held, tMs, explanations);
  }

  strangeness(tMs: number): number {
    return this.#watched.reduce((most, { watch }) => Math.max(most, watch.strangeness(tMs)), 0);
  }

  /** `held` is not empty; its first is the weightiest and gives the claim its words. */
  #claim(
    held: readonly { readonly by: WatchedSeries; readonly signal: Signal }[],
    tMs: number,
    explanations: readonly Explanation[],
  ): Claim {
    const { by, signal } = held[0]!;
    const { nature, trouble, closeAfterMs } = subjects[this.#kind];
    const sinceMs = Math.min(...held.map((one) => one.signal.sinceMs));
    const processes = this.#culprits(tMs);
    const started = this.#latest.get(STARTED) ?? 0;
    const startedPerSecond = started >= MANY_STARTED ? started : null;
    const explained = explanations.filter((explanation) => explanation.trouble === trouble).slice(0, 4);
    const subject = { subject: this.#kind, name: this.#name, unit: by.info.unit };
    return {
      kind: signal.kind,
      severity: signal.severity,
      confidence: Math.max(...held.map((one) => one.signal.confidence)),
      score: signal.score,
      sinceMs,
      value: signal.value,
      isFading: held.every((one) => one.signal.isFading === true),
      closeAfterMs,
      entity: this.#entity,
      nature,
      trouble,
      peer: this.#peer,
      detector: { name: by.detector.name, version: by.detector.version },
      title: titleOf({ ...subject, signal }),
      summary: summaryOf({
        ...subject,
        signal: { ...signal, sinceMs },
        atMs: tMs,
        processes,
        startedPerSecond,
        note: explained[0]?.note ?? null,
      }),
      evidence: [
        ...held.map((one) => seriesEvidence(one.by.info, one.signal, tMs)),
        ...(startedPerSecond === null || this.#startedInfo === null
          ? []
          : [seriesEvidence(this.#startedInfo, { ...signal, ...startedRange, value: startedPerSecond }, tMs)]),
        ...(this.#kind === 'file-system' ? [{ kind: 'file-system' as const, ref: this.#name }] : []),
        ...processes.map((process) => processEvidence(process, this.#kind)),
        ...explained.map(({ ref, note }) => ({ kind: 'process' as const, ref, note })),
      ],
      recovery: (lastedMs, worst) => recoveryOf(subject, signal.kind, { lastedMs, worst, usual: signal.expectedHigh }),
    };
  }

  /** Processes that explain it: those busy all along, or those that hold most memory. */
  #culprits(tMs: number): readonly BusyProcess[] {
    if (this.#kind === 'scope-memory') return this.#processes.largest(3);
    if (this.#kind === 'scope-cpu') {
      return (this.#processes.busiest(tMs - 10_000, 3) ?? []).filter(({ cpuRatio }) => cpuRatio >= NOTICED_CORES);
    }
    return this.#kind === 'cpu' ? (this.#processes.busiest(tMs - 20_000, 3) ?? []) : [];
  }
}

function processEvidence({ name, pid, cpuRatio, memoryBytes }: BusyProcess, subject: SubjectKind): Evidence {
  const ref = `process:${name.replaceAll(/\s/g, '_').slice(0, 200)}[${pid}]`;
  if (subject === 'scope-memory')
    return { kind: 'process', ref, ...finite('value', memoryBytes ?? Number.NaN), unit: 'By' };
  return { kind: 'process', ref, value: cpuRatio, unit: '{cpu}' };
}

/** Nobody has learnt what is usual for it. */
const startedRange = { expectedLow: Number.NaN, expectedHigh: Number.NaN };

function seriesEvidence(info: SeriesInfo, signal: Signal, tMs: number): Evidence {
  return {
    kind: 'series',
    ref: formatSeriesId(info.id),
    metric: info.metric,
    attributes: { ...info.attributes },
    unit: info.unit,
    ...finite('value', signal.value),
    ...finite('expectedLow', signal.expectedLow),
    ...finite('expectedHigh', signal.expectedHigh),
    fromUnixMs: Math.round(signal.sinceMs),
    toUnixMs: Math.round(tMs),
  };
}

/** JSON has no NaN: a number that is not known is left out. */
function finite<K extends string>(key: K, value: number): { readonly [P in K]?: number } {
  // The key is K by construction; TypeScript widens computed keys to string.
  return (Number.isFinite(value) ? { [key]: value } : {}) as { readonly [P in K]?: number };
}
