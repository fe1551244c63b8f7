import { type Bilingual, josa } from '@airis/protocol';

/** What a trouble is called where no finding's own title says it better. */
export function troubleWords(trouble: string): Bilingual {
  return WORDS[trouble] ?? { ko: '이상', en: 'an anomaly' };
}

/** That it happened to `name`, told once it is over; null for a trouble without words of its own. */
export function pastOf(trouble: string, name: Bilingual): Bilingual | null {
  return PAST[trouble]?.(name) ?? null;
}

/** The next thing to look at, one sentence; `holder` is who the finding names: a session, a process. */
export function lookNext(trouble: string, name: Bilingual, holder: Bilingual | null): Bilingual {
  return (LOOK[trouble] ?? anyLook)(name, holder);
}

const WORDS: Readonly<Record<string, Bilingual>> = {
  cpu: { ko: 'CPU 과다 사용', en: 'high CPU use' },
  memory: { ko: '메모리 증가', en: 'growing memory' },
  directory: { ko: '폴더 할당량 부족', en: 'a folder near its quota' },
  missing: { ko: '중단', en: 'an outage' },
  lock: { ko: '행 잠금 대기', en: 'waits for a lock' },
  'slow-statement': { ko: '느린 SQL', en: 'a slow statement' },
  'pool-leak': { ko: '커넥션 반납 누락', en: 'connections that are not given back' },
  pool: { ko: '커넥션 풀 고갈', en: 'an exhausted connection pool' },
  threads: { ko: '요청 처리 스레드 부족', en: 'busy worker threads' },
  'event-loop': { ko: '이벤트 루프 지연', en: 'a delayed event loop' },
  'link-latency': { ko: '구간 지연', en: 'latency on the way' },
  latency: { ko: '응답 지연', en: 'slow responses' },
  errors: { ko: '오류 증가', en: 'errors' },
  'call-latency': { ko: '호출 지연', en: 'slow calls' },
  'call-errors': { ko: '호출 오류', en: 'failing calls' },
  traffic: { ko: '요청 감소', en: 'missing requests' },
  swap: { ko: '스왑 과다 사용', en: 'high swap use' },
  'file-system': { ko: '디스크 공간 부족', en: 'a disk near its limit' },
  'disk-io': { ko: '디스크 I/O 과부하', en: 'an overloaded disk' },
  'network-errors': { ko: '네트워크 오류', en: 'network errors' },
  'device-silent': { ko: '장비 응답 없음', en: 'a device that does not answer' },
  'port-down': { ko: '포트 끊김', en: 'a port that is down' },
  connections: { ko: '동시 연결 급증', en: 'a rush of connections' },
  'log-errors': { ko: '오류 로그 급증', en: 'a burst of log errors' },
  'log-new': { ko: '처음 보는 오류 로그', en: 'log errors never seen before' },
  'log-silence': { ko: '정기 로그 끊김', en: 'a regular log line that stopped' },
  'log-sequence': { ko: '로그 순서 이상', en: 'a broken log sequence' },
  behaviour: { ko: '평소와 다른 움직임', en: 'behaviour unlike the last week' },
};

const PAST: Readonly<Record<string, (name: Bilingual) => Bilingual>> = {
  cpu: ({ ko, en }) => ({ ko: `${ko}의 CPU 사용량이 급증했습니다`, en: `the CPU usage of ${en} jumped` }),
  memory: ({ ko, en }) => ({ ko: `${ko}의 메모리 사용량이 늘었습니다`, en: `the memory usage of ${en} rose` }),
  directory: ({ ko, en }) => ({
    ko: `${josa(ko, '이/가')} 할당량에 다가갔습니다`,
    en: `${en} came close to its quota`,
  }),
  missing: ({ ko, en }) => ({ ko: `${josa(ko, '이/가')} 중지되었습니다`, en: `${en} stopped` }),
  'device-silent': ({ ko, en }) => ({ ko: `${josa(ko, '이/가')} 응답하지 않았습니다`, en: `${en} did not answer` }),
  'port-down': ({ ko, en }) => ({ ko: `${ko}의 포트가 끊겼습니다`, en: `a port of ${en} went down` }),
  lock: ({ ko, en }) => ({
    ko: `${ko}에서 행 잠금 대기가 발생했습니다`,
    en: `sessions of ${en} had to wait for a lock`,
  }),
  'slow-statement': ({ ko, en }) => ({ ko: `${ko}의 SQL이 느려졌습니다`, en: `statements in ${en} became slow` }),
  'pool-leak': ({ ko, en }) => ({
    ko: `${josa(ko, '이/가')} 커넥션을 반납하지 않았습니다`,
    en: `${en} did not give its connections back`,
  }),
  pool: ({ ko, en }) => ({ ko: `${ko}의 커넥션 풀이 고갈되었습니다`, en: `${en} ran out of connections` }),
  threads: ({ ko, en }) => ({
    ko: `${ko}의 요청 처리 스레드가 고갈되었습니다`,
    en: `${en} ran out of request threads`,
  }),
  'event-loop': ({ ko, en }) => ({ ko: `${ko}의 이벤트 루프가 막혔습니다`, en: `the event loop of ${en} was blocked` }),
  'link-latency': ({ ko, en }) => ({ ko: `${josa(ko, '이/가')} 느려졌습니다`, en: `the ${en} became slow` }),
  latency: ({ ko, en }) => ({ ko: `${ko}의 응답이 느려졌습니다`, en: `responses of ${en} became slow` }),
  errors: ({ ko, en }) => ({ ko: `${ko}의 오류가 늘었습니다`, en: `errors of ${en} rose` }),
  'call-latency': ({ ko, en }) => ({ ko: `${ko}의 호출이 느려졌습니다`, en: `calls that ${en} makes became slow` }),
  'log-errors': ({ ko, en }) => ({ ko: `${ko}의 오류 로그가 급증했습니다`, en: `${en} logged a burst of errors` }),
  'call-errors': ({ ko, en }) => ({ ko: `${ko}의 호출이 실패했습니다`, en: `calls that ${en} makes failed` }),
  traffic: ({ ko, en }) => ({ ko: `${ko}에 요청이 끊겼습니다`, en: `requests to ${en} stopped` }),
};

type Look = (name: Bilingual, holder: Bilingual | null) => Bilingual;

const LOOK: Readonly<Record<string, Look>> = {
  lock: ({ ko, en }, holder) =>
    holder === null
      ? {
          ko: `${ko}의 pg_locks에서 잠금을 잡은 세션을 찾아 종료할지 판단하십시오.`,
          en: `Find the session that holds the lock in pg_locks of ${en} and decide whether to end it.`,
        }
      : {
          ko: `${holder.ko} 세션이 하던 작업을 확인하고 종료할지 판단하십시오.`,
          en: `Look at what the session ${holder.en} was doing and decide whether to end it.`,
        },
  'slow-statement': ({ ko, en }) => ({
    ko: `${ko}의 pg_stat_statements에서 평균 시간이 가장 크게 늘어난 SQL과 그 실행 계획을 확인하십시오.`,
    en: `Look in pg_stat_statements of ${en} for the statement whose mean time rose most, and at its plan.`,
  }),
  'pool-leak': ({ ko, en }) => ({
    ko: `${ko}에서 커넥션을 빌린 뒤 반납하지 않는 코드 경로를 확인하십시오.`,
    en: `Look in ${en} for the code path that takes a connection and does not release it.`,
  }),
  pool: ({ ko, en }) => ({
    ko: `${ko}의 커넥션을 오래 쓰는 SQL과 풀 크기를 확인하십시오.`,
    en: `Look at the statements that keep connections of ${en} longest, and at the size of the pool.`,
  }),
  cpu: ({ ko, en }, holder) => ({
    ko: `${holder?.ko ?? ko}의 스레드 덤프나 CPU 프로파일을 떠서 반복 실행되는 코드를 확인하십시오.`,
    en: `Take a thread dump or a CPU profile of ${holder?.en ?? en} and see which code keeps running.`,
  }),
  memory: ({ ko, en }, holder) => ({
    ko: `재시작하기 전에 ${holder?.ko ?? ko}의 힙 덤프를 떠서 무엇이 쌓이는지 확인하십시오.`,
    en: `Take a heap dump of ${holder?.en ?? en} before you restart it, and see what piles up.`,
  }),
  directory: ({ ko, en }) => ({
    ko: `${ko}에서 최근에 늘어난 파일과 그 파일을 쓰는 프로그램을 확인하십시오.`,
    en: `See which files in ${en} are new, and which program writes them.`,
  }),
  'file-system': ({ ko, en }) => ({
    ko: `${ko}의 디스크에서 최근에 커진 폴더를 찾으십시오.`,
    en: `Find the folders on ${en} that have grown lately.`,
  }),
  'device-silent': ({ ko, en }) => ({
    ko: `${ko}의 전원과 관리 네트워크 경로를 확인하십시오.`,
    en: `See whether ${en} has power, and whether its management network can be reached.`,
  }),
  'port-down': ({ ko, en }) => ({
    ko: `${josa(ko, '과/와')} 그 포트에 연결된 장비의 케이블, 전원, 최근 설정 변경을 확인하십시오.`,
    en: `Look at cable, power and recent configuration of ${en} and of what is at that port.`,
  }),
  missing: ({ ko, en }) => ({
    ko: `${ko}의 마지막 로그에서 중지된 까닭을 확인한 뒤 재시작하십시오.`,
    en: `See in the last log lines of ${en} why it stopped, then restart it.`,
  }),
  'link-latency': ({ ko, en }) => ({
    ko: `${ko}의 네트워크 경로(스위치, 방화벽, 재전송)를 확인하십시오.`,
    en: `Look at the network path of the ${en}: switches, firewalls, retransmissions.`,
  }),
  threads: ({ ko, en }) => ({
    ko: `${ko}의 스레드 덤프를 떠서 스레드가 무엇을 기다리는지 확인하십시오.`,
    en: `Take a thread dump of ${en} and see what its threads wait for.`,
  }),
  'event-loop': ({ ko, en }) => ({
    ko: `${ko}의 CPU 프로파일을 떠서 이벤트 루프를 막는 함수를 확인하십시오.`,
    en: `Take a CPU profile of ${en} and see which function blocks the event loop.`,
  }),
  latency: ({ ko, en }) => ({
    ko: `X-View에서 ${ko}의 가장 느린 트랜잭션을 열어 시간이 걸린 구간을 확인하십시오.`,
    en: `Open the slowest transactions of ${en} in X-View and see where their time goes.`,
  }),
  errors: ({ ko, en }) => ({
    ko: `X-View에서 ${ko}의 실패한 트랜잭션과 같은 시각의 로그를 확인하십시오.`,
    en: `Look at the failed transactions of ${en} in X-View and at its log of that time.`,
  }),
  'log-errors': ({ ko, en }) => ({
    ko: `호스트 페이지에서 ${ko}의 같은 시각 로그를 불러와 오류의 앞줄을 확인하십시오.`,
    en: `On the host page, ask for the log of ${en} at that time and read what came before the errors.`,
  }),
  'call-latency': ({ ko, en }) => ({
    ko: `${josa(ko, '이/가')} 호출하는 뒷단의 상태와 그 사이의 네트워크를 확인하십시오.`,
    en: `Look at what ${en} calls, and at the network between them.`,
  }),
  'call-errors': ({ ko, en }) => ({
    ko: `${josa(ko, '이/가')} 호출하는 뒷단이 살아 있는지와 그 로그를 확인하십시오.`,
    en: `See whether what ${en} calls is alive, and read its log.`,
  }),
  traffic: ({ ko, en }) => ({
    ko: `${ko}의 앞단(로드 밸런서, DNS, 방화벽)에서 요청이 끊긴 곳을 찾으십시오.`,
    en: `Find where requests to ${en} get lost: load balancer, DNS, firewall.`,
  }),
};

const anyLook: Look = ({ ko, en }) => ({
  ko: `${josa(ko, '을/를')} 먼저 확인하십시오.`,
  en: `Look at ${en} first.`,
});
