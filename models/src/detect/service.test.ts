import { finding as findingSchema } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { MiB, type Second, serve, T0, type World } from './service-under-test.ts';

const FROM = 150;
const UNTIL = 210;
const FAULT_S = 20;
const SYMPTOM_S = 30;
const CLOSED_S = 15;

interface Case {
  readonly name: string;
  readonly trouble: string;
  readonly within: number;
  readonly during: (second: number, usual: Second) => Partial<Second>;
  readonly entity?: string;
  readonly title: string;
  readonly world?: World;
  readonly says: RegExp;
}

/** Age of the oldest of several statements of 1.2 s at each second, where they come as they come. */
const slowLongest = new Map(
  [0.9, 3.6].map((perSecond) => {
    const uniform = createRandom(11);
    const starts: number[] = [];
    for (let at = 0; at < 300; at += -Math.log(1 - uniform()) / perSecond) starts.push(at);
    const ages = (second: number) => starts.map((start) => second - start).filter((age) => age >= 0 && age < 1.2);
    return [perSecond, Array.from({ length: 300 }, (_, second) => Math.max(0, ...ages(second)))];
  }),
);

const cases: readonly Case[] = [
  {
    name: 'a thread in an endless loop',
    trouble: 'cpu',
    within: FAULT_S,
    during: (_, usual) => ({ cores: usual.cores + 0.85 }),
    title: 'CPU 사용량 급증',
    says: /코어 1\.\d개까지 올라 .* node\(pid 900/,
  },
  {
    name: 'memory that grows by 6 MiB a second',
    trouble: 'memory',
    within: FAULT_S,
    during: (second, usual) => ({ memory: usual.memory + 6 * MiB * (second - FROM) }),
    title: '메모리 계속 증가',
    world: { processes: () => [{ pid: 900, name: 'node', cpuRatio: 0.2, memoryBytes: 300 * MiB }] },
    says: /초당 \d(\.\d+)? MiB씩 늘고 있습니다\. 이 속도면 \d+초 뒤에 한도에 이릅니다\. .* node\(pid 900, 300 MiB\)/,
  },
  {
    name: 'a folder that fills its quota',
    trouble: 'directory',
    within: FAULT_S,
    during: (second) => ({ uploads: 10 * MiB + Math.floor((second - FROM) * 1.06 * MiB) }),
    entity: 'directory:uploads@shop-app',
    title: 'uploads 폴더 할당량 곧 소진',
    says: /uploads 폴더 사용량이 초당 1\.\d+ MB씩 늘고 있습니다/,
  },
  {
    name: 'slow answers',
    trouble: 'latency',
    within: SYMPTOM_S,
    during: (_, usual) => ({ latency: (usual.latency ?? 0.03) + 0.6 }),
    title: '응답시간 급증',
    says: /응답시간이 평소 .* ms 이하에서/,
  },
  {
    name: 'one answer in five an error, and nobody asks in some seconds',
    trouble: 'errors',
    within: SYMPTOM_S,
    during: (second) => ({ errors: second % 7 === 0 ? null : [0.4, 0.1, 0, 0.3][second % 4]! }),
    title: '오류율(5xx) 급증',
    says: /오류율\(5xx\)이 평소/,
  },
  {
    name: 'slow calls',
    trouble: 'call-latency',
    within: SYMPTOM_S,
    during: (_, usual) => ({ callLatency: (usual.callLatency ?? 0.01) + 0.5 }),
    title: '127.0.0.1:5432 호출 응답시간 급증',
    says: /127\.0\.0\.1:5432 호출 응답시간이/,
  },
  {
    name: 'calls that fail',
    trouble: 'call-errors',
    within: SYMPTOM_S,
    during: () => ({ callErrors: 1 }),
    title: '127.0.0.1:5432 호출 오류율 급증',
    says: /100 %까지/,
  },
  {
    name: 'a pool nobody gets a connection of',
    trouble: 'pool',
    within: FAULT_S,
    during: () => ({ used: 10, pending: 12 }),
    title: '커넥션 풀 고갈',
    says: /커넥션 10개가 모두 사용 중/,
  },
  {
    name: 'connections that are not given back',
    trouble: 'pool-leak',
    within: FAULT_S,
    during: () => ({ idleInUse: 8 }),
    title: '커넥션 반납 누락',
    says: /커넥션 8개를 가져간 뒤/,
  },
  {
    name: 'a blocked event loop',
    trouble: 'event-loop',
    within: FAULT_S,
    during: () => ({ loopP99: 0.9 }),
    title: '이벤트 루프 지연 급증',
    says: /최대 900 ms씩/,
  },
  {
    name: 'all threads busy',
    trouble: 'threads',
    within: FAULT_S,
    during: () => ({ busyThreads: 20 }),
    title: '요청 처리 스레드 고갈',
    says: /스레드 20개가/,
  },
  {
    name: 'a lock that is held',
    trouble: 'lock',
    within: FAULT_S,
    during: (second) => ({ waiters: 4, longestWait: second - FROM }),
    title: '데이터베이스 잠금 대기',
    world: {
      explanations: () => [
        {
          trouble: 'lock',
          ref: 'process:month-end-closing[77]',
          note: { ko: '잠금을 잡은 세션: month-end-closing.', en: 'Held by the session month-end-closing.' },
        },
      ],
    },
    says: /잠금을 잡은 세션: month-end-closing/,
  },
  {
    name: 'a lock whose waiters give up after three seconds',
    trouble: 'lock',
    within: FAULT_S,
    during: (second) => ({ waiters: 3, longestWait: 1.2 + (second % 3) * 0.8 }),
    title: '데이터베이스 잠금 대기',
    says: /대기가 이어집니다/,
  },
  ...[0.9, 3.6].map(
    (perSecond): Case => ({
      name: `a statement of 1.2 s that is asked for ${perSecond} times a second`,
      trouble: 'slow-statement',
      within: FAULT_S,
      during: (second) => ({ longest: second === FROM ? 0.3 : (slowLongest.get(perSecond)?.[second] ?? 0) }),
      title: 'SQL 실행시간 급증',
      says: /SQL 실행시간이 평소/,
    }),
  ),
  {
    name: 'statements that take a tenth of a second instead of two thousandths',
    trouble: 'slow-statement',
    within: FAULT_S,
    during: (second) => ({ statementMean: second % 2 === 0 ? 0.055 + 0.02 * (second % 3) : null }),
    title: 'SQL 실행시간 급증',
    says: /SQL 실행시간이 평소/,
  },
];

describe('a service', () => {
  it.each(Array.from({ length: 8 }, (_, i) => i + 1))(
    'says nothing in ten minutes of an office day (seed %i)',
    (seed) => {
      for (const scopeEntity of ['service:shop-app', null]) {
        expect(serve(600, () => ({}), { seed, scopeEntity }).map((one) => one.summary)).toEqual([]);
      }
    },
  );

  it.each(cases)('opens exactly one finding for $name ($trouble), in time, and closes it', (one) => {
    for (const seed of [1, 2, 3]) {
      const findings = serve(
        UNTIL + 60,
        (second, usual) => (second >= FROM && second < UNTIL ? one.during(second, usual) : {}),
        { ...one.world, seed },
      );
      const [first, ...more] = findings.filter((item) => item.state === 'open');
      expect(more.map((item) => item.title.ko)).toEqual([]);
      expect(first).toMatchObject({
        trouble: one.trouble,
        entity: one.entity ?? 'service:shop-app',
        title: { ko: one.title },
        peer: one.trouble.startsWith('call-') ? '127.0.0.1:5432' : null,
      });
      const openedAfterS = (first!.detectedAtUnixMs - T0) / 1_000 - FROM;
      expect(openedAfterS).toBeGreaterThanOrEqual(0);
      expect(openedAfterS).toBeLessThanOrEqual(one.within);
      expect(
        findings
          .filter((item) => item.state !== 'closed')
          .map((item) => item.summary.ko)
          .join('\n'),
      ).toMatch(one.says);
      const closed = findings.at(-1)!;
      expect(closed.state).toBe('closed');
      for (const item of findings) {
        findingSchema.parse(item);
        expect(`${item.title.ko} ${item.summary.ko} ${item.title.en} ${item.summary.en}`).not.toMatch(
          /NaN|undefined|\{|이\(가\)|[a-z]:[a-z]| {2}/,
        );
        expect(`${item.title.en} ${item.summary.en}`).not.toMatch(/[가-힣]/);
        expect(Math.max(item.title.ko.length, item.title.en.length)).toBeLessThanOrEqual(50);
      }
      const closesAt = findings.findIndex((item) => item.state === 'closed');
      expect(closesAt).toBe(findings.length - 1);
      const closedAtS = lastSecondOf(one, seed) - UNTIL;
      expect(closedAtS).toBeLessThanOrEqual(CLOSED_S);
    }
  });

  it('works from the first second where a limit stands alone', () => {
    const troubles = (at: (second: number) => Partial<Second>) =>
      serve(30, at).flatMap((one) => (one.state === 'open' ? one.trouble : []));
    expect(troubles((second) => ({ waiters: 2, longestWait: second }))).toEqual(['lock']);
    expect(troubles(() => ({ used: 10, pending: 3 }))).toEqual(['pool']);
    expect(troubles(() => ({ uploads: 63 * MiB }))).toEqual(['directory']);
  });

  it('does not take the start of a program for a load or a leak', () => {
    const findings = serve(300, (second) => {
      if (second >= 150 && second < 200) return { processes: 0, cores: 0, memory: 0 };
      if (second >= 200 && second < 235) return { cores: 1.6, memory: (second - 200) * 7 * MiB };
      return {};
    });
    expect(findings).toEqual([]);
  });

  it('finds that requests stop, but not that they all fail', () => {
    const stopped = serve(460, (second) =>
      second >= 420 ? { requests: 0, failures: 0, latency: null, errors: null } : {},
    );
    expect(stopped).toMatchObject([{ state: 'open', trouble: 'traffic', title: { ko: '요청 끊김' } }]);
    expect(stopped[0]!.detectedAtUnixMs - T0).toBeLessThan((420 + SYMPTOM_S) * 1_000);
    const failing = serve(460, (second) => (second >= 420 ? { requests: 0, failures: 9 } : {}));
    expect(failing).toEqual([]);
  });
});

/** The second in which the finding of a case was closed. */
function lastSecondOf(one: Case, seed: number): number {
  const at = (second: number, usual: Second) => (second >= FROM && second < UNTIL ? one.during(second, usual) : {});
  for (let seconds = UNTIL + 1; ; seconds++) {
    if (serve(seconds, at, { ...one.world, seed }).at(-1)?.state === 'closed' || seconds > UNTIL + 40)
      return seconds - 1;
  }
}
