import { type Bilingual, type Evidence, type Finding, josa } from '@airis/protocol';
import type { LinkNow, LinkUsual, LinkVerdict } from './link-latency.ts';

export const LINK_DETECTOR = 'link-latency';

const nameOf = (entity: string): string => entity.slice(entity.indexOf(':') + 1);
/** `link:shop-was~shop-app`. */
export const linkOf = (caller: string, callee: string): string => `link:${nameOf(caller)}~${nameOf(callee)}`;

export interface LinkTrouble {
  readonly caller: string;
  readonly callee: string;
  readonly verdict: Extract<LinkVerdict, { kind: 'slow' | 'lossy' }>;
  readonly usual: LinkUsual;
}

/** The finding for one bad spell of a link; its id follows from the pair and when the spell began. */
export function linkFinding({ caller, callee, verdict, usual }: LinkTrouble, nowUnixMs: number): Finding {
  const { now, kind } = verdict;
  const entity = linkOf(caller, callee);
  return {
    id: `f-link-${hashOf(entity)}-${now.sinceUnixMs.toString(36)}`,
    state: 'open',
    kind: 'level-shift',
    nature: 'fault',
    trouble: LINK_DETECTOR,
    peer: null,
    severity: 'major',
    confidence: 0.95,
    score: Math.min(1_000, now.gapMsMedian / Math.max(1, usual.gapMsMedian)),
    entity,
    detector: { name: LINK_DETECTOR, version: '1' },
    title: titleOf(nameOf(caller), nameOf(callee), kind),
    summary: summaryOf({ caller, callee, verdict, usual }),
    startedAtUnixMs: now.sinceUnixMs,
    detectedAtUnixMs: nowUnixMs,
    endedAtUnixMs: null,
    evidence: evidenceOf(caller, callee, now, usual, nowUnixMs),
  };
}

/** The same spell, still lasting or over. */
export function continuedFinding(opened: Finding, newest: Finding): Finding {
  const { id, startedAtUnixMs, detectedAtUnixMs } = opened;
  return { ...newest, id, startedAtUnixMs, detectedAtUnixMs, state: 'update' };
}

export function closedFinding(opened: Finding, nowUnixMs: number): Finding {
  const endedAtUnixMs = Math.max(nowUnixMs, opened.detectedAtUnixMs);
  const seconds = Math.round((endedAtUnixMs - opened.startedAtUnixMs) / 1000);
  const [gap = 0, usual = 0] = [opened.evidence[0]?.value, opened.evidence[0]?.expectedHigh];
  const [took, most] = [inMs(gap), inMs(usual)];
  const summary = {
    ko: `평소 속도로 돌아왔습니다. ${seconds}초 동안 호출 한 건이 네트워크 구간에서 ${took} 걸렸습니다(평소 ${most} 이하).`,
    en: `Back to its usual speed. For ${seconds} s a call spent ${took} on the way (usually up to ${most}).`,
  };
  return { ...opened, state: 'closed', endedAtUnixMs, summary };
}

function titleOf(from: string, to: string, kind: 'slow' | 'lossy'): Bilingual {
  return kind === 'slow'
    ? { ko: `${from} → ${to} 구간 지연 급증`, en: `Calls from ${from} to ${to} are slow on the way` }
    : { ko: `${from} → ${to} 구간 유실 의심`, en: `Calls from ${from} to ${to} stall on the way` };
}

function summaryOf({ caller, callee, verdict: { kind, now }, usual }: LinkTrouble): Bilingual {
  const [from, to] = [nameOf(caller), nameOf(callee)];
  const [gap, usualGap, took] = [now.gapMsMedian, usual.gapMsMedian, now.calleeMsMedian].map(inMs);
  const percent = Math.round(now.stalledRatio * 100);
  if (kind === 'lossy') {
    return {
      ko: `${josa(from, '이/가')} ${josa(to, '을/를')} 호출할 때 ${percent} %가 네트워크 구간에서만 0.5초 넘게 멈춥니다. ${to}의 처리 시간은 ${took}입니다. 둘 사이의 네트워크 이상이 의심됩니다.`,
      en: `${percent} % of the calls from ${from} to ${to} stall for over 0.5 s on the way; ${to} itself takes ${took}. The network between them is suspected.`,
    };
  }
  return {
    ko: `${josa(from, '이/가')} ${to}의 응답을 처리 시간보다 ${gap} 더 기다립니다(평소 ${usualGap}). ${josa(to, '은/는')} ${took} 만에 처리합니다. 둘 사이의 네트워크 이상이 의심됩니다.`,
    en: `${from} waits ${gap} longer for ${to} than ${to} takes (usually ${usualGap}); ${to} itself takes ${took}. The network between them is suspected.`,
  };
}

function evidenceOf(caller: string, callee: string, now: LinkNow, usual: LinkUsual, nowUnixMs: number): Evidence[] {
  const window = { fromUnixMs: now.sinceUnixMs, toUnixMs: nowUnixMs };
  const ref = linkOf(caller, callee);
  return [
    {
      kind: 'model',
      ref,
      unit: 'ms',
      value: now.gapMsMedian,
      expectedLow: usual.gapMsLow,
      expectedHigh: usual.gapMsHigh,
      ...window,
      note: { ko: '호출 한 건이 네트워크 구간에서 보낸 시간(중앙값)', en: 'time a call spends on the way (median)' },
    },
    {
      kind: 'model',
      ref: callee,
      unit: 'ms',
      value: now.calleeMsMedian,
      expectedLow: 0,
      expectedHigh: 2 * usual.calleeMsMedian + 50,
      ...window,
      note: { ko: '호출받은 쪽의 처리 시간(중앙값)', en: 'time the callee itself takes (median)' },
    },
    {
      kind: 'model',
      ref,
      unit: '1',
      value: now.stalledRatio,
      expectedLow: 0,
      expectedHigh: Math.max(0.01, usual.stalledRatio),
      ...window,
      note: {
        ko: '네트워크 구간에서 0.5초 넘게 멈춘 호출의 비율',
        en: 'share of calls that stall for over 0.5 s on the way',
      },
    },
  ];
}

const inMs = (ms: number): string => (ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`);

/** FNV-1a, 32 bits: ids hold no tilde and no long names. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(36).padStart(7, '0');
}
