import type { Finding, Health, Severity } from '@airis/protocol';
import type { ModelManifest } from '../export/manifest.ts';
import type { Detector, Explanation, SeriesInfo } from './detector.ts';
import { FindingBook } from './finding-book.ts';
import { detectors as allDetectors } from './index.ts';
import { MultivariateWatch } from './multivariate.ts';
import { rulesFor, type SeriesRule } from './rules.ts';
import { type BusyProcess, SteadyProcesses } from './steady-processes.ts';
import { SubjectWatch } from './subject-watch.ts';

/** The neural model at work somewhere else (a worker thread): windows go in, scores come back later. */
export interface ModelPort {
  readonly manifest: Pick<ModelManifest, 'name' | 'version' | 'threshold'>;
  /** Takes over the window's memory; drops it when too many are waiting. */
  submit(window: Float32Array, tMs: number): void;
  takeScores(): { readonly tMs: number; readonly score: number }[];
  status(): { readonly inferenceMsP99: number | null; readonly error: string | null };
}

export interface EdgeDetectionOptions {
  /** `host:<agent>`. */
  readonly hostEntity: string;
  /** What the agent speaks for, where it watches one service: entity of all its findings but those about folders. */
  readonly scopeEntity?: string | null;
  readonly detectors?: readonly Detector[];
  readonly model: ModelPort | null;
  /** A fresh finding id, `f-…`. */
  readonly newId: () => string;
}

export interface EdgeDetection {
  /** A series of this host. Series that no rule names cost nothing. */
  addSeries(index: number, info: SeriesInfo): void;
  /** One step: value of each series by index, NaN = none. Rates for counters. A time at or before the last one is ignored. */
  observe(tMs: number, values: Float64Array, length: number): void;
  /** Opened, updated and closed findings since the last call. */
  takeFindings(): Finding[];
  status(): Health['detection'];
  /** What collectors know beyond numbers; processes count for the next step, explanations until the next call. */
  setContext(context: {
    readonly topProcesses?: readonly BusyProcess[];
    readonly explanations?: readonly Explanation[];
  }): void;
}

/** The past a baseline needs before it is known. */
const READY_AFTER_MS = 75_000;
const MULTIVARIATE = 'multivariate';
/** No quantity is larger; sums and ratios of such values would not be finite. */
const GREATEST = 1e150;
const MAX_SUBJECTS = 2_048;

const scoreOfOpen: Readonly<Record<Severity, number>> = { info: 0.5, minor: 0.7, major: 0.85, critical: 1 };

/**
 * Detection on one host: rules choose detectors for each series, what they say about one subject becomes one finding.
 * A pure state machine: no clock, no I/O, the same input gives the same output. Memory: about 10 kB a judged series, at most
 * 2,048 subjects.
 */
export function createEdgeDetection(options: EdgeDetectionOptions): EdgeDetection {
  const byName = new Map((options.detectors ?? allDetectors).map((detector) => [detector.name, detector]));
  const processes = new SteadyProcesses();
  const book = new FindingBook(options.newId);
  const multivariate =
    options.model === null ? null : new MultivariateWatch(options.model, options.scopeEntity ?? options.hostEntity);
  const subjects = new Map<string, SubjectWatch>();
  const inlets: (readonly ((tMs: number, value: number) => void)[] | undefined)[] = [];
  const isService = (options.scopeEntity ?? null) !== null;
  let firstMs = Number.NaN;
  let lastMs = Number.NEGATIVE_INFINITY;
  let strangest = 0;
  let topProcesses: readonly BusyProcess[] | null = null;
  let explanations: readonly Explanation[] = [];

  function subjectOf(rule: SeriesRule): SubjectWatch | null {
    const key = `${rule.subject} ${rule.name}`;
    const known = subjects.get(key);
    if (known !== undefined) return known;
    if (subjects.size >= MAX_SUBJECTS) return null;
    const made = new SubjectWatch(rule, entityOf(rule, options), processes);
    subjects.set(key, made);
    return made;
  }

  return {
    addSeries(index, info) {
      inlets[index] = undefined;
      multivariate?.addSeries(index, info);
      inlets[index] = rulesFor(info, isService).flatMap((rule) => {
        const subject = subjectOf(rule);
        if (subject === null) return [];
        const watches = Object.entries(rule.judges).flatMap(([name, settings]) => {
          const detector = byName.get(name);
          return detector === undefined ? [] : [{ detector, watch: detector.configure(settings)() }];
        });
        return [subject.add(info, rule, watches)];
      });
    },

    observe(tMs, values, length) {
      if (!(tMs > lastMs)) return;
      lastMs = tMs;
      if (Number.isNaN(firstMs)) firstMs = tMs;
      if (topProcesses !== null) processes.add(tMs, topProcesses);
      topProcesses = null;
      const known = Math.min(length, values.length, inlets.length);
      for (let i = 0; i < known; i++) {
        const value = values[i]!;
        if (!(Math.abs(value) <= GREATEST)) continue;
        for (const inlet of inlets[i] ?? []) inlet(tMs, value);
      }
      strangest = 0;
      for (const [key, subject] of subjects) {
        book.report(key, subject.judge(tMs, explanations), tMs);
        strangest = Math.max(strangest, subject.strangeness(tMs));
      }
      if (multivariate === null) return;
      const claim = multivariate.observe(tMs, values, length);
      // What a rule has already named needs no second finding from the model.
      book.report(MULTIVARIATE, book.hasOthers(MULTIVARIATE) ? null : claim, tMs);
      strangest = Math.max(strangest, multivariate.strangeness());
    },

    takeFindings: () => book.take(),

    status() {
      const worst = book.worstOpen();
      const model = options.model?.status() ?? null;
      return {
        ready: lastMs - firstMs >= READY_AFTER_MS,
        anomalyScore: worst === null ? Math.min(0.6, 0.6 * strangest) : scoreOfOpen[worst],
        modelName: options.model?.manifest.name ?? null,
        modelVersion: options.model?.manifest.version ?? null,
        inferenceMsP99: model?.inferenceMsP99 ?? null,
        error: model?.error ?? null,
      };
    },

    setContext(context) {
      if (context.topProcesses !== undefined) topProcesses = context.topProcesses;
      if (context.explanations !== undefined) explanations = context.explanations;
    },
  };
}

function entityOf(rule: SeriesRule, { hostEntity, scopeEntity }: EdgeDetectionOptions): string {
  const { subject, name, service } = rule;
  if (rule.entity !== undefined) return rule.entity;
  const agent = hostEntity.slice(hostEntity.indexOf(':') + 1);
  if (subject === 'directory') return `directory:${name.replaceAll(/\s/g, '_').slice(0, 100)}@${agent}`;
  if (scopeEntity !== undefined && scopeEntity !== null) return scopeEntity;
  if (subject.startsWith('web-')) return `service:nginx@${agent}`;
  if (subject === 'threads') return `service:tomcat@${agent}`;
  if (subject !== 'lock' && subject !== 'slow-statement') return hostEntity;
  return `service:${service === 'mysql' ? 'mysql' : 'postgresql'}@${agent}`;
}
