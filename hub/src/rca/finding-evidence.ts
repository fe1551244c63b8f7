import type { Bilingual } from '@airis/protocol';
import { entityName } from '../entity-name.ts';
import { troubleWords } from '../incident/trouble-words.ts';
import { koreanClock } from '../korean-time.ts';
import { defineRcaMethod, type RcaCase, type RcaFinding, type Reason, type Suspect } from './rca-method.ts';

const FAULT_WEIGHT = 2.2;
const PRESSURE_WEIGHT = 0.9;
const SYMPTOM_WEIGHT = 0.35;
const SEVERITY: Readonly<Record<RcaFinding['severity'], number>> = { info: 0.3, minor: 0.8, major: 1, critical: 1.15 };
/** For being the first of several to begin; against whoever began this much later. */
const FIRST_WEIGHT = 0.5;
const CLEARLY_LATER_MS = 15_000;
/** For callers that show symptoms: each, up to three. */
const CALLER_WEIGHT = 0.3;
/** Against an entity that needs another one with a fault. */
const FAULT_BELOW_WEIGHT = -1.6;
/** Against a neighbour of the troubled that shows nothing itself. */
const QUIET_WEIGHT = -0.8;
const CHANGE_WEIGHT = 1.1;
const CHANGE_HALF_LIFE_MS = 3 * 60_000;
const MAX_HOPS = 4;
const MAX_SYMPTOMS_COUNTED = 3;

/**
 * What the findings say by themselves: what kind each is, who began first, and who stands below whom. An entity that
 * needs a faulty one is cleared in part; one beside the troubled that shows nothing is cleared.
 */
export const findingEvidence = defineRcaMethod({
  name: 'finding-evidence',
  version: '1',
  suspects(facts) {
    const byEntity = Map.groupBy(facts.findings, ({ entity }) => entity);
    const onsets = new Map([...byEntity].map(([entity, list]) => [entity, firstOf(list).startedAtUnixMs]));
    const first = Math.min(...onsets.values());
    return facts.entities.flatMap((entity): Suspect[] => {
      const own = byEntity.get(entity) ?? [];
      const reasons = [
        ...own.filter(strongOnly(own)).map(findingReason),
        ...(own.length === 0 ? quiet(entity, facts, byEntity) : onsetReasons(own, first, byEntity.size)),
        ...troubledCallers(entity, facts, byEntity),
        ...faultBelow(entity, facts, byEntity),
        ...changeReasons(entity, facts, first),
      ];
      return reasons.length === 0 ? [] : [{ entity, metric: null, reasons }];
    });
  },
});

type Findings = ReadonlyMap<string, readonly RcaFinding[]>;

const firstOf = (list: readonly RcaFinding[]): RcaFinding =>
  [...list].sort((a, b) => a.startedAtUnixMs - b.startedAtUnixMs || (a.id < b.id ? -1 : 1))[0]!; // callers give some

/** Many symptoms of one entity are one thing. */
function strongOnly(own: readonly RcaFinding[]): (finding: RcaFinding) => boolean {
  const symptoms = own.filter(({ nature }) => nature === 'symptom').slice(0, MAX_SYMPTOMS_COUNTED);
  return (finding) => finding.nature !== 'symptom' || symptoms.includes(finding);
}

const WEIGHT_OF = { fault: FAULT_WEIGHT, pressure: PRESSURE_WEIGHT, symptom: SYMPTOM_WEIGHT } as const;

function findingReason(finding: RcaFinding): Reason {
  const { id, nature, trouble, severity, confidence, startedAtUnixMs } = finding;
  const words = troubleWords(trouble);
  const clock = koreanClock(startedAtUnixMs);
  return {
    weight: WEIGHT_OF[nature] * SEVERITY[severity] * (0.5 + 0.5 * confidence),
    text: { ko: `${clock}부터 ${words.ko}`, en: `since ${clock}: ${words.en}` },
    ref: { kind: 'finding', id },
  };
}

function onsetReasons(own: readonly RcaFinding[], first: number, entities: number): Reason[] {
  if (entities < 2) return [];
  const finding = firstOf(own);
  const ref = { kind: 'finding', id: finding.id } as const;
  const laterMs = finding.startedAtUnixMs - first;
  if (laterMs === 0) {
    return [{ weight: FIRST_WEIGHT, text: { ko: '이상이 가장 먼저 시작됨', en: 'its trouble began first' }, ref }];
  }
  if (laterMs < CLEARLY_LATER_MS) return [];
  const seconds = Math.round(laterMs / 1000);
  const text: Bilingual = {
    ko: `첫 이상보다 ${seconds}초 늦게 시작됨`,
    en: `began ${seconds} s after the first trouble`,
  };
  return [{ weight: -FIRST_WEIGHT, text, ref }];
}

function troubledCallers(entity: string, facts: RcaCase, findings: Findings): Reason[] {
  const callers = distinct(
    facts.dependencies.filter(({ callee }) => callee === entity).map(({ caller }) => caller),
  ).filter((caller) => !caller.startsWith('host:') && findings.get(caller)?.some(({ nature }) => nature !== 'fault'));
  if (callers.length === 0) return [];
  const names = callers.slice(0, 3).map((caller) => entityName(caller).en);
  const list = names.join(', ');
  return [
    {
      weight: CALLER_WEIGHT * names.length,
      text: { ko: `호출하는 쪽(${list})에 증상이 나타남`, en: `what calls it shows symptoms (${list})` },
      ref: null,
    },
  ];
}

/** The nearest faulty entity that this one needs. */
function faultBelow(entity: string, facts: RcaCase, findings: Findings): Reason[] {
  const seen = new Set([entity]);
  let edge = [entity];
  for (let hop = 0; hop < MAX_HOPS && edge.length > 0; hop++) {
    const callees = distinct(
      facts.dependencies.filter(({ caller }) => edge.includes(caller)).map(({ callee }) => callee),
    );
    edge = callees.filter((callee) => !seen.has(callee));
    for (const callee of edge.sort()) {
      seen.add(callee);
      const fault = findings.get(callee)?.find(({ nature }) => nature === 'fault');
      if (fault === undefined) continue;
      const name = entityName(callee);
      const words = troubleWords(fault.trouble);
      return [
        {
          weight: FAULT_BELOW_WEIGHT,
          text: {
            ko: `이곳이 의존하는 ${name.ko}의 이상(${words.ko})으로 설명됨`,
            en: `explained by trouble of ${name.en}, which it depends on (${words.en})`,
          },
          ref: { kind: 'finding', id: fault.id },
        },
      ];
    }
  }
  return [];
}

function quiet(entity: string, facts: RcaCase, findings: Findings): Reason[] {
  const isNeighbour = facts.dependencies.some(
    ({ caller, callee }) => (caller === entity && findings.has(callee)) || (callee === entity && findings.has(caller)),
  );
  if (!isNeighbour) return [];
  return [{ weight: QUIET_WEIGHT, text: { ko: '같은 때에 이상 없음', en: 'nothing unusual at the time' }, ref: null }];
}

function changeReasons(entity: string, facts: RcaCase, first: number): Reason[] {
  return facts.changes
    .filter((change) => change.entity === entity)
    .map(({ id, kind, atUnixMs }) => {
      const clock = koreanClock(atUnixMs);
      const near = 0.5 ** (Math.abs(first - atUnixMs) / CHANGE_HALF_LIFE_MS);
      return {
        weight: CHANGE_WEIGHT * near,
        text: {
          ko: `${clock}에 변경(${CHANGE_WORDS[kind]?.ko ?? kind})`,
          en: `${CHANGE_WORDS[kind]?.en ?? kind} at ${clock}`,
        },
        ref: { kind: 'change', id } as const,
      };
    });
}

const CHANGE_WORDS: Readonly<Record<string, Bilingual>> = {
  config: { ko: '설정 변경', en: 'configuration changed' },
  restart: { ko: '재시작', en: 'restarted' },
  reboot: { ko: '재부팅', en: 'rebooted' },
  'role-lost': { ko: '서비스 사라짐', en: 'service gone' },
  'role-found': { ko: '서비스 발견', en: 'service found' },
  'clock-step': { ko: '시계 변경', en: 'clock stepped' },
  'login-failures': { ko: '로그인 실패 급증', en: 'many failed logins' },
  'port-scan': { ko: '포트 스캔', en: 'port scan' },
  'link-changed': { ko: '스위치 연결 변경', en: 'switch link changed' },
  'listener-opened': { ko: '새 포트 열림', en: 'a port was opened' },
};

const distinct = (list: readonly string[]): string[] => [...new Set(list)];
