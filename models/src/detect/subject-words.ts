import type { Bilingual, FindingKind } from '@airis/protocol';
import {
  bytes,
  byUnit,
  cores,
  count,
  type Format,
  memoryBytes,
  percent,
  perSecond,
  seconds,
  whole,
} from './quantity-words.ts';
import type { SubjectKind } from './subjects.ts';

/** What can be said about a subject. `{value}`, `{range}` and `{lasting}` stand for the numbers. */
export interface Wording {
  readonly name: Bilingual;
  readonly format: Format;
  /** Headlines that are not just name and kind; `{place}` stands for where, which else follows a colon. */
  readonly titles?: Partial<Record<FindingKind, Bilingual>>;
  /** A sentence of its own, where value against usual says too little. */
  readonly sentences?: Partial<Record<FindingKind, Bilingual>>;
}

const ratio = { format: percent };

export const subjectWords: Readonly<Record<SubjectKind, Wording>> = {
  cpu: { name: { ko: 'CPU 사용률', en: 'CPU utilization' }, ...ratio },
  memory: {
    name: { ko: '메모리 사용률', en: 'Memory utilization' },
    ...ratio,
    titles: { drift: { ko: '메모리 곧 고갈', en: 'Memory running out' } },
  },
  swap: { name: { ko: '스왑 사용률', en: 'Swap utilization' }, ...ratio },
  'file-system': {
    name: { ko: '디스크 사용량', en: 'Disk usage' },
    format: byUnit(bytes),
    titles: {
      drift: { ko: '디스크 곧 가득 참', en: 'Disk filling up' },
      saturation: { ko: '디스크 공간 부족', en: 'Disk almost full' },
    },
  },
  'disk-io': { name: { ko: '디스크 I/O 부하', en: 'Disk I/O load' }, ...ratio },
  'network-errors': { name: { ko: '네트워크 오류', en: 'Network errors' }, format: perSecond },
  device: {
    name: { ko: '장비 응답', en: 'Answers of the device' },
    format: whole,
    titles: { missing: { ko: '{place} 장비 응답 없음', en: 'Device {place} does not answer' } },
    sentences: {
      missing: {
        ko: '장비가 SNMP 요청에 {lasting}째 응답하지 않습니다.',
        en: 'The device has not answered SNMP for {lasting}.',
      },
    },
  },
  'device-port': {
    name: { ko: '장비 포트', en: 'Port of the device' },
    format: whole,
    titles: { missing: { ko: '{place} 포트 끊김', en: 'Port {place} is down' } },
    sentences: {
      missing: {
        ko: '하루 이상 계속 연결되어 있던 포트가 {lasting}째 끊겨 있습니다.',
        en: 'The port, up for a day or more before, has been down for {lasting}.',
      },
    },
  },
  'web-requests': { name: { ko: '웹 요청', en: 'Web requests' }, format: perSecond },
  'web-connections': { name: { ko: '웹 동시 연결', en: 'Web connections' }, format: count },
  'web-errors': { name: { ko: '웹 오류율(5xx)', en: 'Web error ratio (5xx)' }, ...ratio },
  'web-latency': { name: { ko: '웹 응답시간', en: 'Web response time' }, format: seconds },
  'scope-cpu': { name: { ko: 'CPU 사용량', en: 'CPU usage' }, format: cores },
  'scope-memory': {
    name: { ko: '메모리 사용량', en: 'Memory usage' },
    format: byUnit(memoryBytes),
    titles: {
      drift: { ko: '메모리 계속 증가', en: 'Memory keeps growing' },
      saturation: { ko: '메모리 한도 임박', en: 'Memory near its limit' },
    },
  },
  directory: {
    name: { ko: '폴더 사용량', en: 'Folder usage' },
    format: byUnit(bytes),
    titles: {
      drift: { ko: '{place} 폴더 할당량 곧 소진', en: 'Folder {place} about to meet its quota' },
      saturation: { ko: '{place} 폴더 할당량 소진', en: 'Folder {place} has used up its quota' },
    },
  },
  latency: { name: { ko: '응답시간', en: 'Response time' }, format: seconds },
  errors: { name: { ko: '오류율(5xx)', en: 'Error ratio (5xx)' }, ...ratio },
  'call-latency': {
    name: { ko: '호출 응답시간', en: 'Response time of calls' },
    format: seconds,
    titles: { 'level-shift': { ko: '{place} 호출 응답시간 급증', en: 'Response time of calls to {place} jumped' } },
  },
  'call-errors': {
    name: { ko: '호출 오류율', en: 'Error ratio of calls' },
    ...ratio,
    titles: { 'level-shift': { ko: '{place} 호출 오류율 급증', en: 'Error ratio of calls to {place} jumped' } },
  },
  traffic: {
    name: { ko: '요청', en: 'Requests' },
    format: perSecond,
    titles: { 'flat-line': { ko: '요청 끊김', en: 'Requests have stopped' } },
    sentences: {
      'flat-line': {
        ko: '요청이 {lasting}째 들어오지 않습니다. 평소에는 {range}입니다.',
        en: 'No request for {lasting}; usually {range}.',
      },
    },
  },
  pool: {
    name: { ko: '커넥션 풀', en: 'Connection pool' },
    format: whole,
    titles: { saturation: { ko: '커넥션 풀 고갈', en: 'Connection pool exhausted' } },
    sentences: {
      saturation: {
        ko: '커넥션 {value}개가 모두 사용 중이고, 요청이 {lasting}째 커넥션을 기다립니다.',
        en: 'All {value} connections are taken and requests have been waiting for one for {lasting}.',
      },
    },
  },
  'pool-leak': {
    name: { ko: '커넥션 반납', en: 'Return of connections' },
    format: whole,
    titles: { saturation: { ko: '커넥션 반납 누락', en: 'Connections not given back' } },
    sentences: {
      saturation: {
        ko: '커넥션 {value}개를 가져간 뒤 SQL도 실행하지 않고 반납도 하지 않습니다({lasting}째).',
        en: '{value} connections are taken, run no statement and are not given back, for {lasting} so far.',
      },
    },
  },
  'event-loop': {
    name: { ko: '이벤트 루프 지연', en: 'Event loop delay' },
    format: seconds,
    sentences: {
      'level-shift': {
        ko: '이벤트 루프가 {lasting}째 최대 {value}씩 막힙니다. 그동안 모든 요청이 기다립니다.',
        en: 'The event loop has been blocked for up to {value} at a time for {lasting}; all requests wait meanwhile.',
      },
    },
  },
  threads: {
    name: { ko: '요청 처리 스레드', en: 'Request threads' },
    format: whole,
    titles: { saturation: { ko: '요청 처리 스레드 고갈', en: 'Request threads exhausted' } },
    sentences: {
      saturation: {
        ko: '요청 처리 스레드 {value}개가 {lasting}째 모두 사용 중입니다.',
        en: '{value} request threads, practically all there are, have been busy for {lasting}.',
      },
    },
  },
  lock: {
    name: { ko: '데이터베이스 잠금 대기', en: 'Lock wait in the database' },
    format: byLockUnit,
    titles: { 'level-shift': { ko: '데이터베이스 잠금 대기', en: 'Lock waits in the database' } },
    sentences: {
      'level-shift': {
        ko: '다른 세션이 잡은 잠금 때문에 {lasting}째 대기가 이어집니다({value}).',
        en: 'Sessions have been waiting for a lock for {lasting} ({value}).',
      },
    },
  },
  'slow-statement': {
    name: { ko: 'SQL 실행시간', en: 'Statement time' },
    format: seconds,
    titles: { 'level-shift': { ko: 'SQL 실행시간 급증', en: 'Slow statements in the database' } },
  },
};

/** Seconds of the longest wait, or sessions that wait. */
function byLockUnit(value: number, unit: string): Bilingual {
  if (unit === 's') {
    const { ko, en } = seconds(value, unit);
    return { ko: `가장 긴 대기 ${ko}`, en: `longest wait ${en}` };
  }
  const { ko, en } = whole(value, unit);
  return { ko: `세션 ${ko}개 대기`, en: `${en} sessions wait` };
}

export const kindWords: Readonly<Record<FindingKind, Bilingual>> = {
  'level-shift': { ko: '급증', en: 'jumped' },
  spike: { ko: '급증', en: 'spiked' },
  saturation: { ko: '한계 도달', en: 'near its limit' },
  drift: { ko: '고갈 예상', en: 'will run out' },
  'flat-line': { ko: '멈춤', en: 'stopped' },
  missing: { ko: '측정값 끊김', en: 'values are missing' },
  'seasonal-break': { ko: '평소와 다름', en: 'unlike this time of day' },
  multivariate: { ko: '이상 징후', en: 'unusual combination' },
  'new-template': { ko: '처음 보는 로그', en: 'never seen before' },
  'rare-template': { ko: '드문 로그', en: 'hardly ever seen' },
  sequence: { ko: '순서 이상', en: 'sequence broken' },
};

/** A mount, device, port, folder or peer as people say it; empty where the entity says enough. */
export function placeName(subject: SubjectKind, name: string): Bilingual {
  if (subject === 'file-system' && name === '/') return { ko: '루트(/)', en: 'root file system (/)' };
  // What tells two pools or databases of one service apart is for machines.
  if (subject === 'threads' || subject === 'lock' || subject === 'slow-statement') return { ko: '', en: '' };
  const port = /^port (\d+)$/.exec(name)?.[1];
  return port === undefined ? { ko: name, en: name } : { ko: `${port} 포트`, en: `port ${port}` };
}
