import { semconv } from '@airis/protocol';
import {
  defineLogDetector,
  LOG_STEP_MS,
  type LogSignal,
  type LogStep,
  type LogWatch,
  quoteWords,
} from './log-detector.ts';

const { severityNumber } = semconv;

/** Where new forms come in more than this share of the steps (about nine a day), one more is not worth a finding. */
const RARE = 1e-3;
/** Before anything is known: half a new form in ten minutes. */
const PRIOR_NEW = 0.5;
const PRIOR_STEPS = 60;
/** What was new is forgotten by half in six hours. */
const KEEP = 0.5 ** (LOG_STEP_MS / (6 * 3_600_000));
/** Forms seen at most this often, in a log of so many lines, and not within the last hour, are rare ones. */
const RARE_LINES = 3;
const RARE_AMONG_LINES = 20_000;
const RARE_APART_MS = 3_600_000;
/** What follows within this time belongs to it. */
const HOLD_MS = 120_000;
const TEMPLATE_LIMIT = 64;

/**
 * Warnings and errors of a form that this log has never shown, or hardly ever. How many of them are usual is learnt from
 * the log itself, as a Poisson rate, so that one whose forms never end stays quiet.
 */
export const newTemplates = defineLogDetector({
  name: 'log-new-templates',
  version: '1',
  trouble: 'log-new',
  severity: 'info',
  closeAfterMs: LOG_STEP_MS,
  watch: (stepsBefore) => new NewTemplatesWatch(stepsBefore),
  say({ kind, templates }, { source, quotes }) {
    const lines = templates.reduce((sum, one) => sum + one.lines, 0).toLocaleString('en');
    const quoted = quoteWords(quotes);
    const forms = templates.length;
    return kind === 'new-template'
      ? {
          title: { ko: '처음 보는 오류 로그', en: 'Log errors never seen before' },
          summary: {
            ko: `${source}에 그동안 없던 형태의 경고·오류가 ${forms}종 ${lines}줄 나타났습니다. ${quoted.ko}`,
            en: `${source} shows ${forms === 1 ? 'a form' : `${forms} forms`} of warnings or errors that it never had before (${lines} lines). ${quoted.en}`,
          },
          recovery: {
            ko: `새로운 형태의 오류 로그가 더 나타나지 않습니다. ${quoted.ko}`,
            en: `No further new log errors. ${quoted.en}`,
          },
        }
      : {
          title: { ko: '드문 오류 로그', en: 'Rare log errors' },
          summary: {
            ko: `${source}에 좀처럼 없던 경고·오류가 ${forms}종 ${lines}줄 나타났습니다. ${quoted.ko}`,
            en: `${source} shows warnings or errors that it hardly ever had (${forms === 1 ? 'one form' : `${forms} forms`}, ${lines} lines). ${quoted.en}`,
          },
          recovery: {
            ko: `드문 오류 로그가 더 나타나지 않습니다. ${quoted.ko}`,
            en: `No further rare log errors. ${quoted.en}`,
          },
        };
  },
});

class NewTemplatesWatch implements LogWatch {
  #steps: number;
  #found = 0;
  #lines = 0;
  readonly #lastSeenMs = new Map<bigint, number>();
  #signal: Omit<LogSignal, 'templates'> | null = null;
  #untilMs = 0;
  readonly #held = new Map<bigint, number>();

  constructor(stepsBefore: number) {
    this.#steps = stepsBefore;
  }

  judge({ tMs, counts }: LogStep): readonly LogSignal[] {
    const fresh: bigint[] = [];
    let hasNew = false;
    let firstMs = tMs;
    for (const [id, { lines, severity, seenBefore, firstMs: idFirstMs }] of counts) {
      this.#lines += lines;
      if (severity < severityNumber.warn) continue;
      const isNew = seenBefore === 0;
      if (isNew || this.#isRare(id, seenBefore, tMs)) {
        fresh.push(id);
        firstMs = Math.min(firstMs, idFirstMs);
      }
      hasNew ||= isNew;
      this.#noteSeen(id, tMs);
      const held = this.#held.get(id);
      if (held !== undefined) this.#held.set(id, held + lines);
    }
    const probability = atLeast(fresh.length, (this.#found + PRIOR_NEW) / (this.#steps + PRIOR_STEPS));
    this.#found = this.#found * KEEP + fresh.length;
    this.#steps = this.#steps * KEEP + 1;
    if (tMs > this.#untilMs) {
      this.#signal = null;
      this.#held.clear();
    }
    if (fresh.length > 0 && (this.#signal !== null || probability <= RARE)) {
      this.#untilMs = tMs + HOLD_MS;
      for (const id of fresh) if (this.#held.size < TEMPLATE_LIMIT) this.#held.set(id, counts.get(id)!.lines);
      this.#signal = {
        key: '',
        kind: hasNew || this.#signal?.kind === 'new-template' ? 'new-template' : 'rare-template',
        sinceMs: this.#signal?.sinceMs ?? firstMs,
        value: this.#held.size,
        expected: 0,
        score: Math.max(this.#signal?.score ?? 0, Math.min(20, -Math.log10(probability))),
        confidence: Math.max(this.#signal?.confidence ?? 0, Math.min(0.9999, 1 - probability)),
      };
    }
    if (this.#signal === null) return [];
    const templates = [...this.#held].map(([id, lines]) => ({ id, lines })).sort((a, b) => b.lines - a.lines);
    return [{ ...this.#signal, templates }];
  }

  #isRare(id: bigint, seenBefore: number, tMs: number): boolean {
    if (seenBefore > RARE_LINES || this.#lines < RARE_AMONG_LINES) return false;
    return tMs - (this.#lastSeenMs.get(id) ?? Number.NEGATIVE_INFINITY) > RARE_APART_MS;
  }

  /** The longest not seen is forgotten first. */
  #noteSeen(id: bigint, tMs: number): void {
    this.#lastSeenMs.delete(id);
    this.#lastSeenMs.set(id, tMs);
    if (this.#lastSeenMs.size > 1_000) this.#lastSeenMs.delete(this.#lastSeenMs.keys().next().value!);
  }
}

/** P(N ≥ n) of a Poisson number with this mean. */
function atLeast(n: number, mean: number): number {
  let term = Math.exp(-mean);
  let below = 0;
  for (let k = 0; k < n; k++) {
    below += term;
    term *= mean / (k + 1);
  }
  // Where the sum has lost what is left of it, the first term of the rest is nearly all of it.
  return Math.max(1 - below, n === 0 ? 1 : term);
}
