import { duration } from '../quantity-words.ts';
import { defineLogDetector, LOG_STEP_MS, type LogSignal, type LogStep, type LogWatch } from './log-detector.ts';

/** Counts are compared over a minute, so that the second line may come a while after the first. */
const WINDOW_STEPS = 6;
/** The first forms of a source with so many lines in a window; pairs grow with their square. */
const FORMS = 24;
const LINES_NEEDED_FOR_FORM = 5;
const IDLE_WINDOWS = 60;
/** Before two forms count as a pair: windows with either, lines of both, and the share by which their counts may differ. */
const WINDOWS_NEEDED = 60;
const LINES_NEEDED = 400;
const DIFFERENCE_ALLOWED = 0.05;
/** What was learnt is forgotten by half in four hours. */
const KEEP = 0.5 ** ((WINDOW_STEPS * LOG_STEP_MS) / (4 * 3_600_000));
/** Broken: in each of the last windows at least so many of one, and at most this share of the other. */
const BROKEN_WINDOWS = 2;
const BROKEN_LINES = 5;
const BROKEN_SHARE = 0.5;

interface Form {
  readonly id: bigint;
  lines: number;
  idleWindows: number;
}

interface Pair {
  windows: number;
  lines: number;
  difference: number;
  brokenWindows: number;
  sinceMs: number;
  /** While broken: lines of the form that still comes, and of the one that does not. */
  came: number;
  missed: number;
}

const newPair = (): Pair => ({ windows: 0, lines: 0, difference: 0, brokenWindows: 0, sinceMs: 0, came: 0, missed: 0 });

/**
 * Two forms that always come equally often (begin and end, request and answer), and one comes without the other: an
 * invariant of the sequence, as Lou et al., "Mining Invariants from Console Logs" (USENIX ATC 2010), of pairs alone.
 */
export const pairedLines = defineLogDetector({
  name: 'log-paired-lines',
  version: '1',
  trouble: 'log-sequence',
  severity: 'info',
  closeAfterMs: LOG_STEP_MS,
  watch: () => new PairedLinesWatch(),
  say({ value, expected, sinceMs }, { source, quotes, tMs }) {
    const lasting = duration(tMs - sinceMs);
    const [comes, stays] = quotes;
    const named = comes !== undefined && stays !== undefined;
    return {
      title: { ko: '로그 순서 이상', en: 'Log sequence broken' },
      summary: {
        ko: `${source}에서 늘 함께 나오던 두 줄 가운데 하나만 나옵니다(${lasting.ko} 동안 ${expected}번 중 ${value}번).${named ? ` 나오는 줄 ${comes}, 나오지 않는 줄 ${stays}` : ''}`,
        en: `Of two lines that ${source} always showed together only one comes (${value} of ${expected} times in ${lasting.en}).${named ? ` Comes: ${comes}. Does not: ${stays}` : ''}`,
      },
      recovery: { ko: '두 줄이 다시 함께 나옵니다.', en: 'The two lines come together again.' },
    };
  },
});

class PairedLinesWatch implements LogWatch {
  readonly #forms: (Form | undefined)[] = [];
  readonly #pairs = new Map<number, Pair>();
  readonly #linesOf = new Map<bigint, number>();
  #steps = 0;
  #signals: readonly LogSignal[] = [];

  judge({ tMs, counts }: LogStep): readonly LogSignal[] {
    for (const [id, { lines }] of counts) this.#linesOf.set(id, (this.#linesOf.get(id) ?? 0) + lines);
    if (++this.#steps % WINDOW_STEPS === 0) this.#signals = this.#closeWindow(tMs);
    return this.#signals;
  }

  #closeWindow(tMs: number): LogSignal[] {
    const known = new Set(this.#forms.map((form) => form?.id));
    for (const [at, form] of this.#forms.entries()) {
      if (form === undefined) continue;
      form.lines = this.#linesOf.get(form.id) ?? 0;
      form.idleWindows = form.lines > 0 ? 0 : form.idleWindows + 1;
      if (form.idleWindows > IDLE_WINDOWS) this.#forget(at);
    }
    for (const [id, lines] of this.#linesOf) {
      if (!known.has(id) && lines >= LINES_NEEDED_FOR_FORM) this.#takeIn(id, lines);
    }
    this.#linesOf.clear();
    return this.#judgePairs(tMs);
  }

  #takeIn(id: bigint, lines: number): void {
    const free = this.#forms.findIndex((form) => form === undefined);
    const at = free >= 0 ? free : this.#forms.length;
    if (at < FORMS) this.#forms[at] = { id, lines, idleWindows: 0 };
  }

  #forget(at: number): void {
    this.#forms[at] = undefined;
    for (const key of this.#pairs.keys()) {
      if (Math.floor(key / FORMS) === at || key % FORMS === at) this.#pairs.delete(key);
    }
  }

  #judgePairs(tMs: number): LogSignal[] {
    const signals: LogSignal[] = [];
    for (let first = 0; first < this.#forms.length; first++) {
      for (let second = first + 1; second < this.#forms.length; second++) {
        const a = this.#forms[first];
        const b = this.#forms[second];
        if (a === undefined || b === undefined) continue;
        const key = first * FORMS + second;
        const pair = this.#pairs.get(key) ?? newPair();
        this.#pairs.set(key, pair);
        const signal = judgePair(pair, a, b, tMs);
        if (signal !== null) signals.push(signal);
      }
    }
    return oneForEachMissing(signals);
  }
}

function judgePair(pair: Pair, a: Form, b: Form, tMs: number): LogSignal | null {
  const [more, less] = a.lines >= b.lines ? [a, b] : [b, a];
  const isPair =
    pair.windows >= WINDOWS_NEEDED && pair.lines >= LINES_NEEDED && pair.difference <= DIFFERENCE_ALLOWED * pair.lines;
  if (isPair && more.lines >= BROKEN_LINES && less.lines <= BROKEN_SHARE * more.lines) {
    if (pair.brokenWindows++ === 0) {
      pair.sinceMs = tMs - WINDOW_STEPS * LOG_STEP_MS;
      pair.came = 0;
      pair.missed = 0;
    }
    pair.came += more.lines;
    pair.missed += less.lines;
    if (pair.brokenWindows < BROKEN_WINDOWS) return null;
    return {
      key: less.id.toString(16),
      kind: 'sequence',
      sinceMs: pair.sinceMs,
      value: pair.missed,
      expected: pair.came,
      score: pair.came - pair.missed,
      confidence: 1 - pair.difference / pair.lines - 1 / pair.windows,
      templates: [
        { id: more.id, lines: pair.came },
        { id: less.id, lines: pair.missed },
      ],
    };
  }
  pair.brokenWindows = 0;
  if (a.lines + b.lines === 0) return null;
  pair.windows = pair.windows * KEEP + 1;
  pair.lines = pair.lines * KEEP + a.lines + b.lines;
  pair.difference = pair.difference * KEEP + Math.abs(a.lines - b.lines);
  return null;
}

/** A line that stays away is missed by every form it was paired with: the closest of them speaks. */
function oneForEachMissing(signals: readonly LogSignal[]): LogSignal[] {
  const byKey = Map.groupBy(signals, ({ key }) => key);
  return [...byKey.values()].map((same) => same.reduce((best, one) => (one.confidence > best.confidence ? one : best)));
}
