import { describe, expect, it } from 'vitest';
import { Refusals } from '../refusals.ts';
import { Gate } from './gate.ts';
import { openFloor } from './log-rules.ts';

/** Made-up values; none may be found in anything that leaves. */
const canaries = {
  residentNumber: '851231-2345678',
  residentDigits: '8512312345678',
  card: '5555-4444-3333-1111',
  cardDigits: '5555444433331111',
  email: 'canary.person@mail.example.kr',
  token: 'ghp_canaryCANARY0123456789abcdefXYZ',
  jwt: 'eyJjYW5hcnki.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl',
  password: 'Canary!pass',
  mobile: '010-9876-5432',
  landline: '02-987-6543',
  international: '+82 10 9876 5432',
  address: '서울특별시 종로구 카나리로 77',
  ip: '203.0.113.77',
};

const shapes: readonly ((value: string) => string)[] = [
  (value) => `request failed for ${value}`,
  (value) => `${value} came first`,
  (value) => `data=${value};next=1`,
  (value) => `{"level":"error","msg":"lookup of ${value} failed","n":3}`,
  (value) => `ERROR [worker-1] payload: "${value}"`,
  (value) => `at line\n\tdetail: ${value}\n`,
  (value) =>
    `1.2.3.4 - - [22/Nov/2026:10:00:00 +0900] "GET /find?q=${encodeURIComponent(value)} HTTP/1.1" 500 1 "-" "x"`,
  (value) => `조회 실패: ${value} 확인 바랍니다`,
];

/** A secret needs a key beside it to be known as one; everything else is known by its own form. */
const carried = (kind: string, value: string) => (kind === 'password' ? `password=${value}` : value);

const newGate = () => {
  const refusals = new Refusals();
  const gate = new Gate({ floor: openFloor, pseudonymKey: new Uint8Array(32).fill(7), refusals });
  gate.setGeneralLogSources(['/var/log/general.log']);
  return { gate, refusals };
};

const normal = (text: string) =>
  text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();

describe.each(Object.entries(canaries))('a planted %s', (kind, value) => {
  const expectAbsent = (left: string) => {
    expect(left).not.toContain(value);
    // Also not with other separators: the digits or letters in a row.
    expect(normal(left)).not.toContain(normal(value));
  };

  it.each(['/var/log/general.log', '/var/log/private.log'])('leaves in no line and no template of %s', (source) => {
    const { gate } = newGate();
    const left: string[] = [];
    for (let round = 0; round < 25; round++) {
      for (const shape of shapes) {
        const text = `${shape(carried(kind, value))} ${'ab'.repeat(round)}`;
        const admitted = gate.admitLog({ source, timeUnixMs: 1, severity: 17, text });
        left.push(admitted?.body ?? '');
      }
    }
    for (const row of gate.takeTemplates()) left.push(row.text, row.source);
    expect(left.some((text) => text.length > 0)).toBe(true);
    for (const text of left) expectAbsent(text);
  });

  it('leaves in no attribute', () => {
    const { gate } = newGate();
    for (const shape of [(v: string) => v, (v: string) => `user ${v}`, (v: string) => `/data/${v}/x`]) {
      const admitted = gate.admitAttributes('m', { 'some.key': shape(carried(kind, value)) });
      expectAbsent(JSON.stringify(admitted));
    }
  });

  it('leaves in no name of a source', () => {
    const { gate } = newGate();
    gate.setGeneralLogSources(['/**']);
    if (kind === 'address' || kind === 'password') return;
    const admitted = gate.admitLog({ source: `/home/${value}/x.log`, timeUnixMs: 1, severity: 0, text: 'x' });
    expectAbsent(admitted?.source ?? '');
  });
});
