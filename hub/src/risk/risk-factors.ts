import { isKoreanHoliday } from '@airis/models';
import type { Bilingual, Change } from '@airis/protocol';
import type { RiskHistory, Span } from './risk-history.ts';

/** Something that makes an incident more likely while it holds. */
export interface RiskFactor {
  readonly name: string;
  readonly words: Bilingual;
  /** What is believed before anything was seen: natural logarithm of how much it changes the odds. */
  readonly prior: { readonly mean: number; readonly deviation: number };
  /** When it held for one agent, as it could be known then. */
  spans(history: RiskHistory, agent: string): readonly Span[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SEOUL_AHEAD_MS = 9 * HOUR_MS;
const CHANGE_COUNTS_MS = 30 * MINUTE_MS;
/** What has just ended may come again. */
const LINGER_MS = 15 * MINUTE_MS;
const OFFICE = { from: 8 * HOUR_MS, to: 19 * HOUR_MS } as const;

/** Changes after which things break; that an agent or a port came is none. */
const risky: ReadonlySet<Change['kind']> = new Set(['config', 'restart', 'role-lost', 'reboot', 'link-changed']);

const troubled =
  (isOne: (trouble: string) => boolean): RiskFactor['spans'] =>
  ({ findings }, agent) =>
    findings
      .filter((finding) => finding.agent === agent && isOne(finding.trouble))
      .map(({ fromUnixMs, toUnixMs }) => ({ fromUnixMs, toUnixMs: toUnixMs + LINGER_MS }));

const afterIncident =
  (fromMs: number, toMs: number): RiskFactor['spans'] =>
  ({ incidents }, agent) =>
    incidents
      .filter(({ agents, toUnixMs }) => agents.includes(agent) && Number.isFinite(toUnixMs))
      .map(({ toUnixMs }) => ({ fromUnixMs: toUnixMs + fromMs, toUnixMs: toUnixMs + toMs }));

/** Every factor; a new one is an entry here. At most 12: each doubles the patterns that are counted. */
export const riskFactors: readonly RiskFactor[] = [
  {
    name: 'log-errors',
    words: { ko: '처음 보거나 급증한 오류 로그', en: 'log errors that are new or burst' },
    prior: { mean: 1, deviation: 1 },
    spans: troubled((trouble) => trouble === 'log-new' || trouble === 'log-errors'),
  },
  {
    name: 'log-order',
    words: { ko: '끊기거나 순서가 어긋난 로그', en: 'log lines that stopped or lost their order' },
    prior: { mean: 0.5, deviation: 1 },
    spans: troubled((trouble) => trouble === 'log-silence' || trouble === 'log-sequence'),
  },
  {
    name: 'behaviour',
    words: { ko: '지난 한 주와 다른 움직임', en: 'behaviour unlike the last week' },
    prior: { mean: 1, deviation: 1 },
    spans: troubled((trouble) => trouble === 'behaviour'),
  },
  {
    name: 'change',
    words: { ko: '최근 30분 안의 변경', en: 'a change in the last 30 minutes' },
    prior: { mean: 0.7, deviation: 1 },
    spans: ({ changes }, agent) =>
      changes
        .filter((change) => change.agent === agent && risky.has(change.kind))
        .map(({ atUnixMs }) => ({ fromUnixMs: atUnixMs, toUnixMs: atUnixMs + CHANGE_COUNTS_MS })),
  },
  {
    name: 'after-hour',
    words: { ko: '한 시간 안에 끝난 장애', en: 'an incident that ended within the hour' },
    prior: { mean: 1.5, deviation: 1 },
    spans: afterIncident(0, HOUR_MS),
  },
  {
    name: 'after-day',
    words: { ko: '하루 안에 있었던 장애', en: 'an incident within the day' },
    prior: { mean: 1, deviation: 1 },
    spans: afterIncident(HOUR_MS, DAY_MS),
  },
  {
    name: 'after-week',
    words: { ko: '일주일 안에 있었던 장애', en: 'an incident within the week' },
    prior: { mean: 0.6, deviation: 1 },
    spans: afterIncident(DAY_MS, 7 * DAY_MS),
  },
  {
    name: 'callee',
    words: { ko: '호출하는 서비스의 장애', en: 'an incident of something that it calls' },
    prior: { mean: 1.2, deviation: 1 },
    spans({ incidents, needs }, agent) {
      const needed = new Set(needs(agent));
      return incidents.filter(({ agents }) => agents.some((one) => one !== agent && needed.has(one)));
    },
  },
  {
    name: 'office-hours',
    words: { ko: '업무 시간', en: 'office hours' },
    prior: { mean: 0.5, deviation: 1 },
    spans: officeHours,
  },
];

/** The same for all hosts of a history. */
const officeHoursOf = new WeakMap<RiskHistory, readonly Span[]>();

/** Working days of Korea, eight to seven in Seoul. */
function officeHours(history: RiskHistory): readonly Span[] {
  const known = officeHoursOf.get(history) ?? workingSpans(history);
  officeHoursOf.set(history, known);
  return known;
}

function workingSpans({ fromUnixMs, toUnixMs }: RiskHistory): readonly Span[] {
  const spans: Span[] = [];
  const firstDay = Math.floor((fromUnixMs + SEOUL_AHEAD_MS) / DAY_MS) * DAY_MS;
  // The day that is under way belongs to it to its end.
  for (let day = firstDay; day - SEOUL_AHEAD_MS <= toUnixMs; day += DAY_MS) {
    const weekday = new Date(day).getUTCDay();
    if (weekday === 0 || weekday === 6 || isKoreanHoliday(day)) continue;
    const midnight = day - SEOUL_AHEAD_MS;
    spans.push({ fromUnixMs: midnight + OFFICE.from, toUnixMs: midnight + OFFICE.to });
  }
  return spans;
}
