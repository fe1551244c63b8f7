import type { Bilingual, FindingKind, Severity } from '@airis/protocol';

/** Lines are counted for so long before they are judged. */
export const LOG_STEP_MS = 10_000;

/** Lines of one template within one step. */
export interface LineCount {
  lines: number;
  /** The worst, as an OpenTelemetry number; 0 where unknown. */
  severity: number;
  /** Lines of it before this step, ever. */
  readonly seenBefore: number;
  /** When its first line was written, Unix ms, within the step. */
  readonly firstMs: number;
}

/** What one source wrote within one step. */
export interface LogStep {
  /** Its end, Unix ms. */
  readonly tMs: number;
  readonly counts: ReadonlyMap<bigint, LineCount>;
}

/** What a watch says while it holds that something is wrong. */
export interface LogSignal {
  /** Tells several at once of one source apart; empty for the source as a whole. */
  readonly key: string;
  readonly kind: FindingKind;
  readonly sinceMs: number;
  /** Lines of the worst step; of `missing` and `sequence` those that came. */
  readonly value: number;
  /** Lines that would be usual. */
  readonly expected: number;
  /** Unitless; comparable within one detector. */
  readonly score: number;
  /** 0..1. */
  readonly confidence: number;
  /** Which lines, the most telling first. */
  readonly templates: readonly { readonly id: bigint; readonly lines: number }[];
}

/** A detector at work on one source. Judged once a step, also when nothing was written. Bounded by templates. */
export interface LogWatch {
  judge(step: LogStep): readonly LogSignal[];
}

/** What a finding says, with the texts of its templates where they may be told. */
export interface LogWords {
  readonly title: Bilingual;
  readonly summary: Bilingual;
  readonly recovery: Bilingual;
}

/** A way to judge what a log says. A new one is a file beside this and a line in `index.ts`. */
export interface LogDetector {
  readonly name: string;
  readonly version: string;
  readonly trouble: string;
  readonly severity: Severity;
  /** How long it must be gone before its finding closes. */
  readonly closeAfterMs: number;
  /** @param stepsBefore - steps in which this source had written nothing yet */
  watch(stepsBefore: number): LogWatch;
  /** @param quotes - texts of `signal.templates`, quoted; those that may not be told are left out */
  say(
    signal: LogSignal,
    about: { readonly source: string; readonly quotes: readonly string[]; readonly tMs: number },
  ): LogWords;
}

export const defineLogDetector = (definition: LogDetector): LogDetector => definition;

/** A quoted line, or that it stays on the host. */
export const quoteWords = (quotes: readonly string[]): Bilingual =>
  quotes.length === 0
    ? { ko: '줄의 내용은 비공개라 호스트에만 있습니다.', en: 'The line itself is private and stays on the host.' }
    : { ko: quotes.join(' · '), en: quotes.join(' · ') };
