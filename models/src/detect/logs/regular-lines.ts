import { duration } from '../quantity-words.ts';
import {
  defineLogDetector,
  LOG_STEP_MS,
  type LogSignal,
  type LogStep,
  type LogWatch,
  quoteWords,
} from './log-detector.ts';

/** Lines of one form that came at nearly the same distance so many times are regular. */
const GAPS_NEEDED = 20;
const GAPS_KEPT = 64;
const LONGEST_GAP_STEPS = 360;
/** The longest distance may be so many times the mean, and a step more. */
const UNEVEN = 1.5;
/** Silent for so many times the longest distance, and some steps more. */
const SILENT_GAPS = 3;
const SILENT_STEPS = 3;
/** What is silent for longer has ended for good. */
const FORGET_STEPS = 6 * 360;
const TEMPLATE_LIMIT = 256;

interface Beat {
  /** In steps. */
  readonly mean: number;
  readonly longest: number;
}

interface Regular {
  lastStep: number;
  beat: Beat | null;
  readonly gaps: number[];
  /** Lines in a step that has any: a beat has always as many, traffic has not. */
  fewest: number;
  most: number;
}

/** A line that came as regularly as a clock (a timer, a heartbeat, a batch) and comes no more. */
export const regularLines = defineLogDetector({
  name: 'log-regular-lines',
  version: '1',
  trouble: 'log-silence',
  severity: 'info',
  closeAfterMs: LOG_STEP_MS,
  watch: () => new RegularLinesWatch(),
  say({ expected, sinceMs }, { source, quotes, tMs }) {
    const every = duration(expected * LOG_STEP_MS);
    const lasting = duration(tMs - sinceMs);
    const quoted = quoteWords(quotes);
    return {
      title: { ko: '정기 로그 끊김', en: 'A regular log line has stopped' },
      summary: {
        ko: `${source}에 ${every.ko}마다 나오던 줄이 ${lasting.ko}째 나오지 않습니다. ${quoted.ko}`,
        en: `A line that ${source} showed every ${every.en} has not come for ${lasting.en}. ${quoted.en}`,
      },
      recovery: {
        ko: `정기 로그가 다시 나옵니다. ${quoted.ko}`,
        en: `The regular log line is back. ${quoted.en}`,
      },
    };
  },
});

class RegularLinesWatch implements LogWatch {
  readonly #known = new Map<bigint, Regular>();
  #step = 0;

  judge({ tMs, counts }: LogStep): readonly LogSignal[] {
    this.#step++;
    for (const [id, { lines }] of counts) this.#note(id, lines);
    const signals: LogSignal[] = [];
    for (const [id, regular] of this.#known) {
      const silentSteps = this.#step - regular.lastStep;
      const { beat } = regular;
      if (silentSteps > FORGET_STEPS || (beat === null && silentSteps > LONGEST_GAP_STEPS)) this.#known.delete(id);
      else if (beat !== null && silentSteps > SILENT_GAPS * beat.longest + SILENT_STEPS) {
        signals.push({
          key: id.toString(16),
          kind: 'missing',
          sinceMs: tMs - silentSteps * LOG_STEP_MS,
          value: 0,
          expected: beat.mean,
          score: silentSteps / beat.longest,
          confidence: 1 - 1 / (2 + regular.gaps.length),
          templates: [{ id, lines: 0 }],
        });
      }
    }
    return signals;
  }

  #note(id: bigint, lines: number): void {
    const known = this.#known.get(id);
    if (known === undefined) {
      if (this.#known.size < TEMPLATE_LIMIT)
        this.#known.set(id, { lastStep: this.#step, beat: null, gaps: [], fewest: lines, most: lines });
      return;
    }
    known.gaps.push(this.#step - known.lastStep);
    if (known.gaps.length > GAPS_KEPT) known.gaps.shift();
    known.lastStep = this.#step;
    known.fewest = Math.min(known.fewest, lines);
    known.most = Math.max(known.most, lines);
    known.beat = beatOf(known);
  }
}

/** `null` for what is not regular. A gap may lie at the edge of two steps, and two beats in one. */
function beatOf({ gaps, fewest, most }: Regular): Beat | null {
  if (gaps.length < GAPS_NEEDED || most > fewest + 1) return null;
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const longest = Math.max(...gaps);
  return longest <= LONGEST_GAP_STEPS && longest <= UNEVEN * mean + 1 ? { mean, longest } : null;
}
