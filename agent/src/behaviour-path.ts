import { randomUUID } from 'node:crypto';
import { createBehaviourDetection, savedBehaviourSchema } from '@airis/models';
import type { Finding } from '@airis/protocol';
import { errorText } from './errors.ts';
import type { Log } from './log.ts';
import type { SeriesRegistry } from './series-registry.ts';
import type { TextFile } from './store/text-file.ts';

export interface BehaviourPathOptions {
  readonly entity: string;
  /** Where the last week is kept over restarts. */
  readonly file: TextFile;
  readonly onRefused: (reason: string) => void;
  readonly log: Log;
}

/** Half a megabyte is not written every five minutes. */
const SAVE_EVERY_ROWS = 12;
const TEXT_LIMIT = 8 * 1024 * 1024;

/** What the host does, held against its own last week; see `createBehaviourDetection`. */
export class BehaviourPath {
  readonly #options: BehaviourPathOptions;
  readonly #detection;
  #seriesKnown = 0;
  #rowsUnsaved = 0;

  constructor(options: BehaviourPathOptions) {
    this.#options = options;
    this.#detection = createBehaviourDetection({ entity: options.entity, newId: () => `f-${randomUUID()}` });
    this.#restore();
  }

  /** After every reading. */
  step(tMs: number, { series, values, length }: Pick<SeriesRegistry, 'series' | 'values' | 'length'>): Finding[] {
    for (; this.#seriesKnown < length; this.#seriesKnown++) {
      const { id, identity } = series[this.#seriesKnown]!;
      this.#detection.addSeries(this.#seriesKnown, { id, ...identity });
    }
    if (this.#detection.observe(tMs, values, length)) {
      void this.#judge();
      if (++this.#rowsUnsaved >= SAVE_EVERY_ROWS) this.save();
    }
    return this.#detection.takeFindings();
  }

  /** Also before the agent stops. */
  save(): void {
    const saved = this.#detection.save();
    if (saved !== null && this.#options.file.save(JSON.stringify(saved))) this.#rowsUnsaved = 0;
  }

  async #judge(): Promise<void> {
    try {
      await this.#detection.judge();
    } catch (error) {
      this.#options.onRefused('behaviour-not-judged');
      this.#options.log.error('BEHAVIOUR_FAILED', errorText(error));
    }
  }

  #restore(): void {
    const { file, log } = this.#options;
    const text = file.load();
    if (text === null) return;
    try {
      if (text.length > TEXT_LIMIT) throw new Error(`it has ${text.length} characters, more than ${TEXT_LIMIT}`);
      this.#detection.restore(savedBehaviourSchema.parse(JSON.parse(text)));
    } catch (error) {
      log.warn('BEHAVIOUR_UNREADABLE', 'the behaviour of the host is learnt anew', { error: errorText(error) });
    }
  }
}
