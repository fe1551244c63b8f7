import { describe, expect, it } from 'vitest';
import { Refusals } from '../refusals.ts';
import { canaries, carried, expectNoCanary } from './canaries-under-test.ts';
import { Gate } from './gate.ts';
import { openFloor } from './log-rules.ts';

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

const newGate = () => {
  const refusals = new Refusals();
  const gate = new Gate({ floor: openFloor, pseudonymKey: new Uint8Array(32).fill(7), refusals });
  gate.setGeneralLogSources(['/var/log/general.log']);
  return { gate, refusals };
};

describe.each(Object.entries(canaries))('a planted %s', (kind, value) => {
  const expectAbsent = (left: string) => expectNoCanary(left, value);

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
