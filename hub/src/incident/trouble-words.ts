import type { Bilingual } from '@airis/protocol';

/** What a trouble is called where no finding's own title says it better. */
export function troubleWords(trouble: string): Bilingual {
  return WORDS[trouble] ?? { ko: '이상', en: 'an anomaly' };
}

const WORDS: Readonly<Record<string, Bilingual>> = {
  cpu: { ko: 'CPU 과다 사용', en: 'high CPU use' },
  memory: { ko: '메모리 증가', en: 'growing memory' },
  directory: { ko: '디렉터리 할당량 부족', en: 'a directory near its quota' },
  missing: { ko: '중단', en: 'an outage' },
  lock: { ko: '행 잠금 대기', en: 'waits for a lock' },
  'slow-statement': { ko: '느린 SQL', en: 'a slow statement' },
  'pool-leak': { ko: '반환되지 않는 연결', en: 'connections that are not given back' },
  pool: { ko: '연결 풀 고갈', en: 'an exhausted connection pool' },
  threads: { ko: '작업 스레드 부족', en: 'busy worker threads' },
  'event-loop': { ko: '이벤트 루프 지연', en: 'a delayed event loop' },
  'link-latency': { ko: '구간 지연', en: 'latency on the way' },
  latency: { ko: '응답 지연', en: 'slow responses' },
  errors: { ko: '오류 증가', en: 'errors' },
  'call-latency': { ko: '호출 지연', en: 'slow calls' },
  'call-errors': { ko: '호출 오류', en: 'failing calls' },
  traffic: { ko: '요청 감소', en: 'missing requests' },
};
