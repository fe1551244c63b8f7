import { semconv } from '@airis/protocol';
import { duration } from '../quantity-words.ts';
import {
  defineLogDetector,
  LOG_STEP_MS,
  type LogSignal,
  type LogStep,
  type LogWatch,
  quoteWords,
} from './log-detector.ts';

const { severityNumber } = semconv;

/** An hour of steps. */
const PAST_STEPS = 360;
const STEPS_NEEDED = 6;
const USUAL_QUANTILE = 0.99;
/** So many times what is usual, and so many lines a step, count as much. */
const TIMES_USUAL = 4;
const LEAST_LINES = 5;
/** Two of three steps must be much; one is enough where it is twice that and so many lines. */
const STEPS_LOOKED_AT = 3;
const STEPS_NEEDED_OF_MUCH = 2;
const AT_ONCE_LINES = 20;
/** What lasts longer than half an hour is how this log is now. */
const ADOPT_AFTER_STEPS = 180;
const TEMPLATE_LIMIT = 256;

/** Errors that come at several times the rate of the hour before. */
export const errorBurst = defineLogDetector({
  name: 'log-error-burst',
  version: '1',
  trouble: 'log-errors',
  severity: 'minor',
  closeAfterMs: 3 * LOG_STEP_MS,
  watch: (stepsBefore) => new ErrorBurstWatch(stepsBefore),
  say({ value, expected, sinceMs }, { source, quotes, tMs }) {
    const lasting = duration(tMs - sinceMs);
    const most = value.toLocaleString('en');
    const usual = expected === 0 ? { ko: '없음', en: 'none' } : { ko: `${expected}줄 이하`, en: `up to ${expected}` };
    const quoted = quoteWords(quotes);
    return {
      title: { ko: '오류 로그 급증', en: 'Burst of log errors' },
      summary: {
        ko: `${source}의 오류 로그가 10초에 ${most}줄까지 늘어 ${lasting.ko}째 이어지고 있습니다(평소 ${usual.ko}). ${quoted.ko}`,
        en: `${source} writes up to ${most} errors in ten seconds (usually ${usual.en}), for ${lasting.en} so far. ${quoted.en}`,
      },
      recovery: {
        ko: `오류 로그가 평소 수준으로 돌아왔습니다. 가장 많을 때 10초에 ${most}줄이었습니다. ${quoted.ko}`,
        en: `Log errors are back to their usual rate after up to ${most} in ten seconds. ${quoted.en}`,
      },
    };
  },
});

interface ErrorCount {
  readonly lines: number;
  readonly firstMs: number;
}

function errorsOf(counts: LogStep['counts'], tMs: number): ErrorCount {
  const errors = [...counts.values()].filter(({ severity }) => severity >= severityNumber.error);
  return {
    lines: errors.reduce((sum, one) => sum + one.lines, 0),
    firstMs: Math.min(tMs, ...errors.map((one) => one.firstMs)),
  };
}

class ErrorBurstWatch implements LogWatch {
  /** Errors of each step, oldest first, without those of a burst; the newest wait until it is known that none begins. */
  readonly #past: number[];
  #waiting: ErrorCount[] = [];
  /** Errors of each step of a burst. */
  #during: number[] = [];
  #sinceMs = 0;
  readonly #byTemplate = new Map<bigint, number>();

  constructor(stepsBefore: number) {
    this.#past = Array(Math.min(PAST_STEPS, stepsBefore)).fill(0);
  }

  judge({ tMs, counts }: LogStep): readonly LogSignal[] {
    const now = errorsOf(counts, tMs);
    const { lines } = now;
    const usual = usualHigh(this.#past);
    const much = Math.max(LEAST_LINES, TIMES_USUAL * usual);
    this.#waiting.push(now);
    const isAtOnce = lines >= Math.max(AT_ONCE_LINES, 2 * much);
    const ofMuch = this.#waiting.filter((one) => one.lines >= much);
    if (this.#past.length < STEPS_NEEDED || (!isAtOnce && ofMuch.length < STEPS_NEEDED_OF_MUCH)) {
      this.#calm();
      return [];
    }
    if (this.#during.length === 0) this.#sinceMs = ofMuch[0]!.firstMs; // the step at hand, at least
    this.#during.push(lines);
    if (this.#during.length > ADOPT_AFTER_STEPS) {
      this.#learn(this.#during);
      this.#waiting = [];
      this.#calm();
      return [];
    }
    this.#waiting = this.#waiting.slice(1 - STEPS_LOOKED_AT);
    this.#noteTemplates(counts);
    const worst = Math.max(...this.#during, ...this.#waiting.map((one) => one.lines));
    return [
      {
        key: '',
        kind: 'spike',
        sinceMs: this.#sinceMs,
        value: worst,
        expected: usual,
        score: worst / Math.max(1, usual),
        confidence: 1 - much / (2 * Math.max(much, worst)),
        templates: [...this.#byTemplate].map(([id, of]) => ({ id, lines: of })).sort((a, b) => b.lines - a.lines),
      },
    ];
  }

  #calm(): void {
    if (this.#during.length > 0) {
      // What is left of the burst is no past either.
      this.#waiting = [];
      this.#during = [];
      this.#byTemplate.clear();
    }
    while (this.#waiting.length >= STEPS_LOOKED_AT) this.#learn([this.#waiting.shift()!.lines]);
  }

  #learn(lines: readonly number[]): void {
    this.#past.push(...lines);
    this.#past.splice(0, this.#past.length - PAST_STEPS);
  }

  #noteTemplates(counts: LogStep['counts']): void {
    for (const [id, { lines, severity }] of counts) {
      if (severity < severityNumber.error || (this.#byTemplate.size >= TEMPLATE_LIMIT && !this.#byTemplate.has(id)))
        continue;
      this.#byTemplate.set(id, (this.#byTemplate.get(id) ?? 0) + lines);
    }
  }
}

/** Nearest rank, upwards. */
function usualHigh(past: readonly number[]): number {
  const sorted = [...past].sort((a, b) => a - b);
  return sorted[Math.ceil(USUAL_QUANTILE * sorted.length) - 1] ?? 0;
}
