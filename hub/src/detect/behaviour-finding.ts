import { type BehaviourVerdict, isOf } from '@airis/models';
import type { Evidence, Finding } from '@airis/protocol';
import type { HostSeries } from '../query/behaviour-series.ts';

export const BEHAVIOUR_DETECTOR = 'behaviour';

const SERIES_OF_ONE = 3;
const MAX_EVIDENCE = 12;

/** The finding for one spell in which a host moves unlike its last week. It informs and opens no incident. */
export function behaviourFinding(
  agent: string,
  verdict: BehaviourVerdict,
  series: readonly HostSeries[],
  nowUnixMs: number,
): Finding {
  const { moved, score, sinceUnixMs } = verdict;
  const named = {
    ko: moved.map(({ channel, deviation }) => `${channel.words.ko}(${deviation > 0 ? '높음' : '낮음'})`).join(', '),
    en: moved.map(({ channel, deviation }) => `${channel.words.en} (${deviation > 0 ? 'higher' : 'lower'})`).join(', '),
  };
  return {
    id: `f-behaviour-${sinceUnixMs.toString(36)}-${agentPart(agent)}`,
    state: 'open',
    kind: 'multivariate',
    nature: 'pressure',
    trouble: BEHAVIOUR_DETECTOR,
    peer: null,
    severity: 'info',
    // Half more than what one row in a hundred of the past exceeds, twice in a row.
    confidence: 0.99,
    score,
    entity: `host:${agent}`,
    detector: { name: BEHAVIOUR_DETECTOR, version: '1' },
    title: { ko: '평소와 다른 움직임', en: 'Behaves unlike the last week' },
    summary: {
      ko: `지난 한 주의 흐름에서 예상되는 것과 다르게 움직이고 있습니다. 예상에서 가장 벗어난 지표: ${named.ko}.`,
      en: `It moves unlike what the last week lets expect. Farthest from that: ${named.en}.`,
    },
    startedAtUnixMs: sinceUnixMs,
    detectedAtUnixMs: nowUnixMs,
    endedAtUnixMs: null,
    evidence: moved
      .flatMap(({ channel }) =>
        series.filter(({ metric, attributes }) => isOf(channel, metric, attributes)).slice(0, SERIES_OF_ONE),
      )
      .slice(0, MAX_EVIDENCE)
      .map((one) => evidenceOf(one, sinceUnixMs, nowUnixMs)),
  };
}

/** The same spell, still lasting. */
export function continuedBehaviour(opened: Finding, newest: Finding): Finding {
  const { id, startedAtUnixMs, detectedAtUnixMs } = opened;
  return { ...newest, id, startedAtUnixMs, detectedAtUnixMs, state: 'update' };
}

export function closedBehaviour(opened: Finding, nowUnixMs: number): Finding {
  const summary = { ko: '다시 예상대로 움직입니다.', en: 'It moves as expected again.' };
  return { ...opened, state: 'closed', endedAtUnixMs: Math.max(nowUnixMs, opened.detectedAtUnixMs), summary };
}

const evidenceOf = ({ id, metric, attributes, unit }: HostSeries, fromUnixMs: number, toUnixMs: number): Evidence => ({
  kind: 'series',
  ref: id,
  metric,
  attributes: { ...attributes },
  unit,
  fromUnixMs,
  toUnixMs,
});

/** Finding ids have room for so much of a name, in letters that they allow. */
const agentPart = (agent: string): string =>
  agent
    .toLowerCase()
    .replaceAll(/[^0-9a-z-]/g, '-')
    .slice(0, 38);
