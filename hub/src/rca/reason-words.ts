import type { Bilingual } from '@airis/protocol';
import type { SeriesChange } from './series-change.ts';

/** `1.23`, `0.0042`, `312`: three digits that matter. */
const short = (value: number): string => String(Number(value.toPrecision(3)));

/** What changed, from what to what. */
export function changeWords(change: SeriesChange, ko: string, en: string): Bilingual {
  const now = change.usual + change.increase;
  return {
    ko: `${ko}: 평소 ${short(change.usual)} → ${short(now)}`,
    en: `${en}: usually ${short(change.usual)}, now ${short(now)}`,
  };
}
