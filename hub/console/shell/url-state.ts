import type { Language } from '../i18n/language.ts';
import { defaultRange, parseRange, printRange, type TimeRange } from './time-range.ts';

export type Theme = 'dark' | 'light';

/** Everything a page shows, so that a link, a reload and Back all bring the same view. `null` is "not said". */
export interface UrlState {
  readonly range: TimeRange;
  /** Live ticks are held (`live=0`): the range no longer moves. */
  readonly isPaused: boolean;
  /** Filter on this page. */
  readonly filter: string;
  /** Selected row, by its id. */
  readonly selected: string | null;
  /** Part of the page that is shown, e.g. a state filter on the incident list. */
  readonly tab: string | null;
  /** Part of a picture that is selected, as its page writes it. */
  readonly box: string | null;
  /** Top of a picture's scale, when the reader chose one, ms. */
  readonly topMs: number | null;
  /** Only what failed (`err=1`). */
  readonly isErrorsOnly: boolean;
  /** Opened evidence, `E2`. */
  readonly evidence: string | null;
  readonly language: Language | null;
  readonly theme: Theme | null;
}

export const emptyUrlState: UrlState = {
  range: defaultRange,
  isPaused: false,
  filter: '',
  selected: null,
  tab: null,
  box: null,
  topMs: null,
  isErrorsOnly: false,
  evidence: null,
  language: null,
  theme: null,
};

/** Longest value read from a URL: a link must not be able to fill memory or the screen. */
export const MAX_URL_VALUE = 200;

/** Reads a query string; what is missing or makes no sense is left at its default. */
export function parseUrlState(search: string): UrlState {
  const params = new URLSearchParams(search);
  const text = (name: string): string | null => {
    const value = params.get(name);
    return value === null || value === '' || value.length > MAX_URL_VALUE ? null : value;
  };
  return {
    range: parseRange(text('from') ?? '', text('to') ?? 'now') ?? defaultRange,
    isPaused: text('live') === '0',
    filter: text('q') ?? '',
    selected: text('sel'),
    tab: text('tab'),
    box: text('box'),
    topMs: /^[1-9]\d{0,6}$/.test(text('top') ?? '') ? Number(text('top')) : null,
    isErrorsOnly: text('err') === '1',
    evidence: text('e'),
    language: oneOf(text('lang'), ['ko', 'en']),
    theme: oneOf(text('theme'), ['dark', 'light']),
  };
}

/** The query string with its `?`, or an empty string when everything is at its default. */
export function printUrlState(state: UrlState): string {
  const params = new URLSearchParams();
  const { from, to } = printRange(state.range);
  if (state.range.kind === 'absolute' || state.range.lastMs !== rangeLengthMs(defaultRange)) {
    params.set('from', from);
    params.set('to', to);
  }
  if (state.isPaused) params.set('live', '0');
  if (state.isErrorsOnly) params.set('err', '1');
  const texts: readonly (readonly [string, string | null])[] = [
    ['q', state.filter],
    ['sel', state.selected],
    ['tab', state.tab],
    ['box', state.box],
    ['top', state.topMs === null ? null : String(state.topMs)],
    ['e', state.evidence],
    ['lang', state.language],
    ['theme', state.theme],
  ];
  for (const [name, value] of texts) if (value !== null && value !== '') params.set(name, value);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** What stays when the reader goes to another page: the time, the language and the theme, not the selection. */
export function keepAcrossPages(state: UrlState): UrlState {
  return {
    ...emptyUrlState,
    range: state.range,
    isPaused: state.isPaused,
    language: state.language,
    theme: state.theme,
  };
}

function rangeLengthMs(range: TimeRange): number {
  return range.kind === 'relative' ? range.lastMs : range.toMs - range.fromMs;
}

function oneOf<T extends string>(value: string | null, allowed: readonly T[]): T | null {
  return allowed.find((candidate) => candidate === value) ?? null;
}
