import type { Change } from '@airis/protocol';
import type { ClockStep } from '../clock.ts';
import { FLOOR_PATH } from '../gate/log-rules.ts';

export interface ChangeMaker {
  readonly agent: string;
  /** A fresh change id, `c-…`. */
  readonly newId: () => string;
}

type Attributes = Readonly<Record<string, string>>;

export function agentStarted({ agent, newId }: ChangeMaker, atUnixMs: number, attributes: Attributes): Change {
  const summary = { ko: '에이전트가 시작되었습니다', en: 'the agent started' };
  return { id: newId(), kind: 'agent-start', entity: `host:${agent}`, atUnixMs, summary, attributes };
}

export function agentStopped({ agent, newId }: ChangeMaker, atUnixMs: number): Change {
  const summary = { ko: '에이전트가 정상적으로 종료되었습니다', en: 'the agent stopped in order' };
  return { id: newId(), kind: 'agent-stop', entity: `host:${agent}`, atUnixMs, summary, attributes: {} };
}

export function hostRebooted({ agent, newId }: ChangeMaker, bootTimeUnixMs: number): Change {
  const summary = { ko: '호스트가 재부팅되었습니다', en: 'the host was booted' };
  return { id: newId(), kind: 'reboot', entity: `host:${agent}`, atUnixMs: bootTimeUnixMs, summary, attributes: {} };
}

export function clockStepped({ agent, newId }: ChangeMaker, atUnixMs: number, step: ClockStep): Change {
  const seconds = Math.round(Math.abs(step.byMs) / 1_000);
  const summary =
    step.kind === 'forward'
      ? { ko: `시계가 ${seconds}초 앞으로 이동했습니다`, en: `the clock moved forward by ${seconds} s` }
      : { ko: `시계가 ${seconds}초 뒤로 이동했습니다`, en: `the clock moved back by ${seconds} s` };
  const attributes = { step: step.kind, byMs: String(Math.round(step.byMs)) };
  return { id: newId(), kind: 'clock-step', entity: `host:${agent}`, atUnixMs, summary, attributes };
}

/** The clock stands before something that has certainly happened. */
export function clockBehind({ agent, newId }: ChangeMaker, atUnixMs: number, provenUnixMs: number): Change {
  const hours = Math.round((provenUnixMs - atUnixMs) / 3_600_000);
  const summary = {
    ko: `시계가 적어도 ${hours}시간 늦습니다`,
    en: `the clock is at least ${hours} h behind`,
  };
  const attributes = { step: 'behind', provenUnixMs: String(provenUnixMs) };
  return { id: newId(), kind: 'clock-step', entity: `host:${agent}`, atUnixMs, summary, attributes };
}

/** What this host lets the agent read, ask and answer is another than before. */
export function floorChanged({ agent, newId }: ChangeMaker, atUnixMs: number, isValid: boolean): Change {
  const summary = isValid
    ? { ko: 'floor.yaml이 바뀌어 에이전트의 허용 범위가 달라졌습니다', en: 'floor.yaml changed what the agent may do' }
    : {
        ko: 'floor.yaml을 읽을 수 없어 에이전트가 모든 파일 읽기와 응답을 멈췄습니다',
        en: 'floor.yaml cannot be used: the agent reads no files and answers nothing',
      };
  return { id: newId(), kind: 'config', entity: `host:${agent}`, atUnixMs, summary, attributes: { path: FLOOR_PATH } };
}
