import { type CaseIndex, indexOf } from './case-index.ts';
import { defineRcaMethod, type RcaCase, type RcaSeries, type Reason, type Suspect } from './rca-method.ts';
import { changeWords } from './reason-words.ts';
import { median, type SeriesChange, seriesChange } from './series-change.ts';

const SLOWNESS_WEIGHT = 0.7;
const NETWORK_WEIGHT = 0.7;
const EVERY_CALLER_WEIGHT = 0.4;
const LOST_CALLEES_WEIGHT = 1.4;
const FRONT_DOOR_WEIGHT = 0.7;
/** Another class of symptom than the one that was noticed counts less; what the alerting entity cannot reach, too. */
const OTHER_SYMPTOM = 0.25;
const UNREACHABLE = 0.3;
/** Work below this share of the alerting entity's is nobody's trouble. */
const LEAST_WORK = 0.01;

/**
 * Where slowness and failures come from, walking the dependencies: what an entity's callees do not explain of its own
 * change stays with it. With series of single calls it compares times; without, *work* (mean time × calls) and failures
 * (error share × calls), of which a callee's increase is taken off its callers by their share of the calls.
 */
export const propagation = defineRcaMethod({
  name: 'propagation',
  version: '1',
  suspects(facts) {
    const index = indexOf(facts);
    const slowness = index.hasCallSeries ? unexplainedTime(index) : unexplainedWork(index);
    return facts.entities.flatMap((entity): Suspect[] => {
      const reasons = [
        slowness.get(entity),
        seenByCallersOnly(index, entity),
        everyCaller(index, entity),
        lostCallees(index, entity),
        frontDoor(index, entity),
      ].filter((reason) => reason != null && reason.weight > 0) as Reason[];
      const metric = reasons.find(({ ref }) => ref?.kind === 'series')?.ref?.id ?? null;
      return reasons.length === 0 ? [] : [{ entity, metric, reasons }];
    });
  },
});

/** The server's own view of its time: averages where there are any, else all. */
function serverTimes(index: CaseIndex, entity: string): readonly SeriesChange[] {
  const all = index.own(entity, 'latency').filter(({ series }) => !isClientView(series));
  const means = all.filter(({ series }) => /avg|average|mean|p50|duration/i.test(series.metric));
  return means.length > 0 ? means : all;
}

const isClientView = ({ metric }: RcaSeries): boolean => /client|outbound|egress|upstream/i.test(metric);
const strangest = (changes: readonly SeriesChange[]): SeriesChange | undefined =>
  [...changes].sort((a, b) => b.up - a.up)[0];
const largestRise = (changes: readonly SeriesChange[]): number =>
  Math.max(0, ...changes.map(({ increase }) => increase));
const times = (changes: readonly SeriesChange[]): SeriesChange[] =>
  changes.filter(({ series }) => series.measure === 'latency');

function unexplainedTime(index: CaseIndex): Map<string, Reason> {
  const found = new Map<string, Reason>();
  for (const entity of index.facts.entities) {
    const seen = [
      ...index.own(entity, 'latency').filter(({ series }) => !isClientView(series)),
      ...times(index.incoming(entity)),
    ];
    const most = strangest(seen);
    const rise = largestRise([...serverTimes(index, entity), ...times(index.incoming(entity))]);
    if (most === undefined || rise <= 0) continue;
    const calls = times(index.outgoing(entity));
    const explained =
      calls.length > 0
        ? largestRise(calls)
        : Math.max(0, ...index.callees(entity).map((callee) => largestRise(serverTimes(index, callee))));
    const rest = Math.min(1, Math.max(0, 1 - explained / rise));
    found.set(entity, {
      weight: SLOWNESS_WEIGHT * rest * Math.log1p(most.up),
      text: changeWords(
        most,
        `느려진 시간의 ${Math.round(100 * rest)} %는 뒷단으로 설명되지 않습니다`,
        `${Math.round(100 * rest)} % of its slowness is not explained by what it calls`,
      ),
      ref: { kind: 'series', id: most.series.metric },
    });
  }
  return found;
}

interface Load {
  readonly work: Float64Array;
  readonly failures: Float64Array;
  readonly callsUsual: number;
  readonly metric: string;
}

function unexplainedWork(index: CaseIndex): Map<string, Reason> {
  const { facts } = index;
  const loads = new Map(facts.entities.map((entity) => loadOf(facts, entity)).filter((load) => load !== null));
  const noticed = facts.alerting === null ? undefined : loads.get(facts.alerting);
  const reachable = facts.alerting === null ? null : reachedFrom(index, facts.alerting);
  const usual = (values: Float64Array) => median(index.rows.usual.map((row) => values[row]!).filter(Number.isFinite));
  const noticedWork = noticed === undefined ? 0 : usual(noticed.work);
  const noticedRise = {
    work: noticed === undefined ? 0 : riseOf(index, noticed.work),
    failures: noticed === undefined ? 0 : riseOf(index, noticed.failures),
  };
  const isAboutErrors =
    noticedRise.failures > 0 && noticedRise.failures / Math.max(1e-9, noticed?.callsUsual ?? 0) > 0.01;
  const found = new Map<string, Reason>();
  for (const [entity, load] of loads) {
    const rest = (kind: 'work' | 'failures') => {
      const left = load[kind].slice();
      for (const callee of index.callees(entity)) {
        const other = loads.get(callee);
        if (other === undefined) continue;
        const ofAll = index.callers(callee).reduce((sum, caller) => sum + (loads.get(caller)?.callsUsual ?? 0), 0);
        const share = ofAll > 0 ? Math.min(1, load.callsUsual / ofAll) : 1;
        const before = usual(other[kind]);
        left.forEach((value, row) => {
          left[row] = value - share * Math.max(0, other[kind][row]! - before);
        });
      }
      const scale = kind === 'work' ? LEAST_WORK * noticedWork : 0.2 * LEAST_WORK * (noticed?.callsUsual ?? 0);
      const series = { entity, peer: null, measure: 'other', metric: load.metric, values: left } as const;
      const change = seriesChange(series, index.rows, scale);
      if (change === null || change.up <= 0) return 0;
      const part = noticedRise[kind] > 0 ? Math.sqrt(Math.min(1, Math.max(0, change.increase / noticedRise[kind]))) : 1;
      return Math.log1p(change.up) * part;
    };
    const near = reachable === null || reachable.has(entity) ? 1 : UNREACHABLE;
    const slow = near * rest('work') * (isAboutErrors ? OTHER_SYMPTOM : 1);
    const failing = near * rest('failures') * (facts.alerting !== null && !isAboutErrors ? OTHER_SYMPTOM : 1);
    if (slow + failing <= 0) continue;
    found.set(entity, {
      weight: SLOWNESS_WEIGHT * (slow + failing),
      text:
        slow >= failing
          ? {
              ko: '뒷단으로 설명되지 않는 처리 시간이 늘었습니다',
              en: 'time that its callees do not explain has grown',
            }
          : {
              ko: '뒷단으로 설명되지 않는 실패가 늘었습니다',
              en: 'failures that its callees do not explain have grown',
            },
      ref: { kind: 'series', id: load.metric },
    });
  }
  return found;
}

function loadOf(facts: RcaCase, entity: string): [string, Load] | null {
  const own = facts.series.filter((series) => series.entity === entity && series.peer === null);
  const calls = own.find(({ measure }) => measure === 'calls');
  const slow = own.filter((series) => series.measure === 'latency' && !isClientView(series));
  const time =
    slow.find(({ metric }) => /avg|average|mean|duration/i.test(metric)) ??
    slow.find(({ metric }) => /p50|median/i.test(metric)) ??
    slow[0];
  const errors = own.find(({ measure }) => measure === 'errors');
  if (calls === undefined || (time === undefined && errors === undefined)) return null;
  const product = (by: RcaSeries | undefined) =>
    calls.values.map((count, row) => (by === undefined ? 0 : zeroForGap(by.values[row]!) * zeroForGap(count)));
  const known = [...calls.values].filter(Number.isFinite);
  return [
    entity,
    {
      work: product(time),
      failures: product(errors),
      callsUsual: known.length === 0 ? 0 : median(known),
      metric: (time ?? errors ?? calls).metric,
    },
  ];
}

const zeroForGap = (value: number): number => (Number.isFinite(value) ? value : 0);

function riseOf(index: CaseIndex, values: Float64Array): number {
  const change = seriesChange({ entity: '', peer: null, measure: 'other', metric: '', values }, index.rows);
  return Math.max(0, change?.increase ?? 0);
}

function reachedFrom(index: CaseIndex, start: string): Set<string> {
  const reached = new Set([start]);
  // A set takes what is added while it is walked.
  for (const entity of reached) for (const callee of index.callees(entity)) reached.add(callee);
  return reached;
}

/** Callers see the slowness, the server itself does not: what lies between them. */
function seenByCallersOnly(index: CaseIndex, entity: string): Reason | null {
  const calls = times(index.incoming(entity));
  const callersView = calls.filter(({ series }) => !/dest|server/i.test(series.metric));
  if (callersView.length === 0) return null;
  const own = strangest([
    ...calls.filter(({ series }) => /dest|server/i.test(series.metric)),
    ...serverTimes(index, entity),
  ]);
  if (own === undefined) return null;
  const least = Math.min(...callersView.map(({ up }) => Math.log1p(up)));
  return {
    weight: NETWORK_WEIGHT * Math.max(0, least - Math.log1p(own.up)),
    text: {
      ko: '부르는 쪽에서는 느리지만 받는 쪽은 평소와 같습니다: 사이의 네트워크',
      en: 'its callers wait, while it answers as usual: the network between',
    },
    ref: { kind: 'series', id: callersView[0]!.series.metric },
  };
}

/** All who call it see it slow, not only one of them. */
function everyCaller(index: CaseIndex, entity: string): Reason | null {
  const calls = times(index.incoming(entity)).filter(({ series }) => !/dest|server/i.test(series.metric));
  if (calls.length === 0) return null;
  return {
    weight: EVERY_CALLER_WEIGHT * Math.min(...calls.map(({ up }) => Math.log1p(up))),
    text: { ko: '부르는 쪽 모두에게 느립니다', en: 'it is slow for everyone who calls it' },
    ref: null,
  };
}

/** Callees that only it calls have lost their calls while it kept its own: it stopped calling them. */
function lostCallees(index: CaseIndex, entity: string): Reason | null {
  const fall = (one: string) =>
    Math.max(0, ...[...index.own(one, 'calls'), ...index.own(one, 'traffic')].map(({ down }) => Math.log1p(down)));
  const only = index.callees(entity).filter((callee) => index.callers(callee).length === 1);
  if (only.length === 0) return null;
  const lost = only.reduce((sum, callee) => sum + fall(callee), 0) / only.length - fall(entity);
  return {
    weight: LOST_CALLEES_WEIGHT * Math.max(0, lost),
    text: {
      ko: '요청은 받으면서 뒷단을 부르지 않습니다',
      en: 'it takes requests but has stopped calling what it needs',
    },
    ref: null,
  };
}

/** Failures at the entrance, where nobody calls but users. */
function frontDoor(index: CaseIndex, entity: string): Reason | null {
  if (index.callers(entity).length > 0 || index.callees(entity).length === 0) return null;
  const most = strangest(index.own(entity, 'errors'));
  if (most === undefined) return null;
  return {
    weight: FRONT_DOOR_WEIGHT * Math.log1p(most.up),
    text: changeWords(most, '사용자가 받는 오류가 늘었습니다', 'users get more errors'),
    ref: { kind: 'series', id: most.series.metric },
  };
}
