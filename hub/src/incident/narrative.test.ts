import type { Bilingual, Evidence, Finding } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { mergeFinding } from './finding-record.ts';
import { type IncidentView, viewIncident } from './incident.ts';
import { shop, shopFaults, shopFinding } from './shop-events.ts';
import { aChange, T0 } from './test-events.ts';

const lockNote = {
  ko: '잠금을 잡은 세션: month-end-closing(pid 77), 커밋하지 않은 채 대기 중, 42초째.',
  en: 'Held by the session month-end-closing (pid 77), idle in a transaction it has not committed for 42 s.',
};
const node: Evidence = { kind: 'process', ref: 'process:node[9241]', unit: '{cpu}', value: 1 };

interface Words {
  readonly entity?: string;
  readonly agent?: string;
  readonly title: Bilingual;
  /** Of an incident's list, in both languages. */
  readonly titled: Bilingual;
  readonly looks: RegExp;
  readonly evidence?: readonly Evidence[];
}

/** The edge's headline of every trouble, and what becomes of it. */
const troubles: Readonly<Record<string, Words>> = {
  cpu: {
    title: { ko: 'CPU 사용량 급증', en: 'CPU usage jumped' },
    titled: { ko: 'shop-app: CPU 사용량 급증', en: 'shop-app: CPU usage jumped' },
    looks: /thread dump.*node \(pid 9241\)/,
    evidence: [node],
  },
  memory: {
    title: { ko: '메모리 계속 증가', en: 'Memory keeps growing' },
    titled: { ko: 'shop-app: 메모리 계속 증가', en: 'shop-app: memory keeps growing' },
    looks: /heap dump/,
  },
  'pool-leak': {
    title: { ko: '커넥션 반납 누락', en: 'Connections not given back' },
    titled: { ko: 'shop-app: 커넥션 반납 누락', en: 'shop-app: connections not given back' },
    looks: /code path/,
  },
  lock: {
    entity: 'database:shop-db',
    title: { ko: '데이터베이스 잠금 대기', en: 'Lock waits in the database' },
    titled: { ko: 'shop-db: 데이터베이스 잠금 대기', en: 'shop-db: lock waits in the database' },
    looks: /session month-end-closing \(pid 77\).*whether to end it/,
    evidence: [{ kind: 'process', ref: 'process:month-end-closing[77]', note: lockNote }],
  },
  'slow-statement': {
    entity: 'database:shop-db',
    title: { ko: 'SQL 실행시간 급증', en: 'Slow statements in the database' },
    titled: { ko: 'shop-db: SQL 실행시간 급증', en: 'shop-db: slow statements in the database' },
    looks: /pg_stat_statements/,
  },
  directory: {
    entity: 'directory:uploads@shop-was',
    agent: 'shop-was',
    title: { ko: 'uploads 폴더 할당량 곧 소진', en: 'Folder uploads about to meet its quota' },
    titled: { ko: 'shop-was: uploads 폴더 할당량 곧 소진', en: 'shop-was: folder uploads about to meet its quota' },
    looks: /which files/,
  },
  missing: {
    entity: 'service:shop-was',
    title: { ko: 'shop-was (tomcat)가 중지되었습니다', en: 'shop-was (tomcat) has stopped' },
    titled: { ko: 'shop-was (tomcat)가 중지되었습니다', en: 'shop-was (tomcat) has stopped' },
    looks: /log.*restart/,
  },
  'link-latency': {
    entity: 'link:shop-was~shop-app',
    agent: 'shop-was',
    title: { ko: 'shop-was → shop-app 구간 지연 급증', en: 'Calls from shop-was to shop-app are slow on the way' },
    titled: { ko: 'shop-was → shop-app 구간 지연 급증', en: 'Calls from shop-was to shop-app are slow on the way' },
    looks: /network path/,
  },
  ...Object.fromEntries(
    ['pool', 'threads', 'event-loop', 'latency', 'errors', 'call-latency', 'call-errors', 'traffic'].map((trouble) => [
      trouble,
      {
        title: { ko: '응답 이상', en: 'Unusual answers' },
        titled: { ko: 'shop-app: 응답 이상', en: 'shop-app: unusual answers' },
        looks: /\.$/,
      },
    ]),
  ),
};

function told(trouble: string, { entity = 'service:shop-app', ...words }: Words, isOver: boolean): IncidentView {
  const agent = words.agent ?? entity.slice(entity.indexOf(':') + 1);
  const seen = { agent, entity, nature: 'fault', trouble, peer: null, onset: 0, found: 12 } as const;
  const open: Finding = {
    ...shopFinding(seen, 0, null, 'told'),
    title: words.title,
    summary: {
      ko: '평소 1.0에서 2.0까지 올라 42초째 이어지고 있습니다.',
      en: 'Rose to 2.0 (usually 1.0), for 42 s so far.',
    },
    evidence: [...(words.evidence ?? [])],
  };
  const closed: Finding = {
    ...open,
    state: 'closed',
    endedAtUnixMs: T0 + 60_000,
    summary: { ko: '평소 범위로 돌아왔습니다. 60초 동안 이어졌습니다.', en: 'Back in its usual range after 60 s.' },
  };
  const felt: Finding = {
    ...shopFinding(
      {
        ...shopFaults.lock.seen[0],
        agent: 'shop-web',
        entity: 'service:shop-web',
        nature: 'symptom',
        trouble: 'latency',
        found: 20,
      },
      0,
      isOver ? 50 : null,
      'felt',
    ),
    title: { ko: '응답시간 급증', en: 'Response time jumped' },
    evidence: [
      { kind: 'series', ref: '00000000000000aa', unit: 's', value: 0.655, expectedLow: 0, expectedHigh: 0.007 },
    ],
  };
  const first = mergeFinding(null, { agent, finding: open, receivedAtUnixMs: T0 + 12_000 })!; // new to the hub
  const record = isOver ? mergeFinding(first, { agent, finding: closed, receivedAtUnixMs: T0 + 61_000 })! : first;
  const symptom = mergeFinding(null, { agent: 'shop-web', finding: felt, receivedAtUnixMs: T0 + 61_000 })!;
  const restart = aChange({ kind: 'restart', entity: 'service:shop-was', atUnixMs: T0 + 30_000 });
  const changes = [{ agent: 'shop-was', change: restart }] as never;
  const facts = { number: 1001, records: [record, symptom], acts: [], changes };
  return viewIncident(facts, shop, T0 + (isOver ? 600_000 : 65_000));
}

const textsOf = ({ summary, narrative, causes }: IncidentView): Bilingual[] => [
  summary.title,
  narrative,
  summary.impact ?? narrative,
  ...causes.slice(0, 1).map(({ explanation }) => explanation),
];

describe.each(Object.entries(troubles))('an incident of %s', (trouble, words) => {
  it.each([false, true])('is told as an operator would (over: %s)', (isOver) => {
    const view = told(trouble, words, isOver);
    expect(view.summary.title).toEqual(words.titled);
    for (const { ko, en } of textsOf(view)) {
      expect(en).not.toMatch(/[가-힣]/);
      for (const text of [ko, en]) {
        expect(text).not.toMatch(/\b(?:service|database|directory|link|host|process):[^ ]/);
        expect(text).not.toMatch(/undefined|null|NaN|\.\.| {2}/);
        const sentences = text.split(/(?<=[.]) /);
        expect(new Set(sentences).size, text).toBe(sentences.length);
        expect(sentences.length, text).toBeLessThanOrEqual(7);
      }
      expect(ko).not.toMatch(/이\(가\)|은\(는\)|을\(를\)|과\(와\)/);
    }
    const { ko, en } = view.narrative;
    expect(view.summary.title.ko.length).toBeLessThanOrEqual(60);
    expect(view.summary.title.en.length).toBeLessThanOrEqual(60);
    expect(ko).toContain('shop-web 응답시간 655 ms(평소 7 ms 이하)');
    if (isOver) {
      expect(ko).toMatch(/해결되었습니다\.$/);
      expect(`${ko} ${en}`).not.toMatch(/있습니다|so far| feel | is trouble/);
    } else expect(en.replace(/^.*ms\)\. /, '')).toMatch(words.looks);
  });
});

describe('who the story names', () => {
  it('is the holder of a lock, also when it is over', () => {
    for (const isOver of [false, true]) {
      const view = told('lock', troubles.lock!, isOver);
      expect(view.narrative.ko).toContain('month-end-closing');
      if (isOver) expect(view.causes[0]?.explanation.ko).toContain('month-end-closing');
    }
  });
});
