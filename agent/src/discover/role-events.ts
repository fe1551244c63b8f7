import { josa } from '@airis/models';
import type { Bilingual, Change, Evidence, Finding } from '@airis/protocol';
import type { WatchedRole } from './role-watch.ts';

/** A service that ran is away: critical when nobody serves its ports any more, else major. */
export function missingFinding(
  watched: WatchedRole,
  id: string,
  nowMs: number,
  listening: ReadonlySet<number>,
): Finding {
  const { found, entity, missingSinceMs, lastSeenMs } = watched;
  const name = nameOf(watched);
  const silent = found.ports.filter((port) => !listening.has(port));
  const ports = silent.join(', ');
  const isSilent = silent.length > 0 && silent.length === found.ports.length;
  return {
    id: `f-${id}`,
    state: 'open',
    kind: 'missing',
    nature: 'fault',
    trouble: 'missing',
    peer: null,
    severity: isSilent ? 'critical' : 'major',
    confidence: 1,
    score: 1,
    entity,
    detector: { name: 'role-watch', version: '1' },
    title: { en: `${name} has stopped`, ko: `${josa(name, '이/가')} 중지되었습니다` },
    summary: isSilent
      ? {
          en: `The ${name} process is gone and nothing listens on port ${ports}.`,
          ko: `${name} 프로세스가 사라졌고 포트 ${ports}에서 수신하는 프로그램이 없습니다.`,
        }
      : { en: `The ${name} process is gone.`, ko: `${name} 프로세스가 사라졌습니다.` },
    startedAtUnixMs: Math.round(missingSinceMs ?? nowMs),
    detectedAtUnixMs: Math.round(nowMs),
    endedAtUnixMs: null,
    evidence: [
      {
        kind: 'process',
        ref: `pid ${found.process.pid}`,
        toUnixMs: Math.round(lastSeenMs),
        note: {
          en: `Process ${found.process.pid} was last seen then.`,
          ko: `프로세스 ${josa(String(found.process.pid), '이/가')} 마지막으로 확인된 시각입니다.`,
        },
      },
      ...silent.slice(0, 6).map(
        (port): Evidence => ({
          kind: 'role',
          ref: `port ${port}`,
          note: {
            en: `Nothing listens on tcp port ${port}.`,
            ko: `TCP 포트 ${port}에서 수신하는 프로그램이 없습니다.`,
          },
        }),
      ),
      ...found.role.evidence
        .filter((item) => item.kind === 'config')
        .map(
          (item): Evidence => ({
            kind: 'role',
            ref: item.text,
            note: { en: 'Its configuration.', ko: '설정 파일입니다.' },
          }),
        ),
    ],
  };
}

/** `shop-app (node)`, where people have a name for it, else `nginx`. */
function nameOf({ label, found }: WatchedRole): string {
  return label === undefined ? found.role.name : `${label} (${found.role.name})`;
}

/** What ends a finding: the service is back, was removed on purpose, or is nobody's concern any more. */
export function closedFinding(finding: Finding, nowMs: number, why: 'back' | 'removed' | 'ignored'): Finding {
  const endedAtUnixMs = Math.round(nowMs);
  const seconds = Math.max(1, Math.round((endedAtUnixMs - finding.startedAtUnixMs) / 1000));
  const lasted = seconds < 120 ? { ko: `${seconds}초`, en: `${seconds} s` } : inMinutes(seconds);
  const summaries: Readonly<Record<typeof why, Bilingual>> = {
    back: { ko: `다시 실행 중입니다. ${lasted.ko} 동안 중지되었습니다.`, en: `Runs again after ${lasted.en}.` },
    removed: {
      ko: '설정 파일까지 없어져 제거된 것으로 봅니다.',
      en: 'Its configuration is gone too: it counts as removed.',
    },
    ignored: { ko: '에이전트 설정에서 제외한 서비스입니다.', en: "The agent's settings leave this service out." },
  };
  return { ...finding, state: 'closed', endedAtUnixMs, summary: summaries[why] };
}

function inMinutes(seconds: number): Bilingual {
  const minutes = Math.round(seconds / 60);
  return { ko: `${minutes}분`, en: `${minutes} min` };
}

function changeOf(
  { found, entity }: WatchedRole,
  kind: Change['kind'],
  id: string,
  nowMs: number,
  en: string,
  ko: string,
): Change {
  return {
    id: `c-${id}`,
    kind,
    entity,
    atUnixMs: Math.round(nowMs),
    summary: { en, ko },
    attributes: { 'airis.role.name': found.role.name, 'process.pid': String(found.process.pid) },
  };
}

export function foundChange(role: WatchedRole, id: string, nowMs: number): Change {
  const name = nameOf(role);
  return changeOf(role, 'role-found', id, nowMs, `${name} was found`, `${josa(name, '을/를')} 발견했습니다`);
}

export function lostChange(role: WatchedRole, id: string, nowMs: number): Change {
  const name = nameOf(role);
  return changeOf(role, 'role-lost', id, nowMs, `${name} has stopped`, `${josa(name, '이/가')} 중지되었습니다`);
}

/** A new master process: after an absence that was a finding it is found again, else it was restarted. */
export function backChange(role: WatchedRole, id: string, nowMs: number, wasMissing: boolean): Change {
  const name = nameOf(role);
  return wasMissing
    ? changeOf(role, 'role-found', id, nowMs, `${name} runs again`, `${josa(name, '이/가')} 다시 실행 중입니다`)
    : changeOf(role, 'restart', id, nowMs, `${name} was restarted`, `${josa(name, '이/가')} 재시작되었습니다`);
}
