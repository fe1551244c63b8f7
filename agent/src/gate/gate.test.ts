import { describe, expect, it } from 'vitest';
import { Refusals } from '../refusals.ts';
import { AttributeGuard, VALUES_PER_ATTRIBUTE } from './attribute-guard.ts';
import { Gate } from './gate.ts';
import { closedFloor, type Floor, logClassifier, openFloor, parseFloor } from './log-rules.ts';

describe('class of a source', () => {
  const logs = { mayBeGeneral: ['/var/log/**', 'journal:*'], alwaysPrivate: ['/var/log/auth.log'] };
  const floor: Floor = { ...openFloor, logs };
  it.each([
    { source: '/var/log/nginx/access.log', wanted: ['/var/log/nginx/*.log'], want: 'general' },
    { source: '/var/log/nginx/old/access.log', wanted: ['/var/log/nginx/*.log'], want: 'private' },
    { source: '/var/log/nginx/access.log', wanted: [], want: 'private' },
    { source: '/srv/app.log', wanted: ['**'], want: 'private' },
    { source: '/var/log/auth.log', wanted: ['/var/log/auth.log'], want: 'private' },
    { source: 'journal:nginx.service', wanted: ['journal:nginx.service'], want: 'general' },
    { source: '/var/logXnginx', wanted: ['/var/log.nginx'], want: 'private' },
  ])('$source with $wanted is $want', ({ source, wanted, want }) =>
    expect(logClassifier(wanted, floor)(source)).toBe(want),
  );

  it('nothing is general below a floor that cannot be understood', () => {
    expect(logClassifier(['**'], closedFloor)('/var/log/x')).toBe('private');
    expect(parseFloor('logs: [').ok).toBe(false);
    expect(parseFloor('log: {}').ok).toBe(false);
    expect(parseFloor('')).toEqual({ ok: true, value: openFloor });
    expect(parseFloor('logs:\n  alwaysPrivate: ["/x"]').ok).toBe(true);
  });
});

const gateFor = (floor = openFloor) => {
  const refusals = new Refusals();
  return { gate: new Gate({ floor, pseudonymKey: new Uint8Array(32), refusals }), refusals };
};
const line = (source: string, text: string, severity = 9) => ({ source, timeUnixMs: 1_000, severity, text });

describe('Gate', () => {
  it('lets masked lines of general sources out, and says why they matter', () => {
    const { gate } = gateFor();
    gate.setGeneralLogSources(['/g']);
    expect(gate.admitLog(line('/g', 'sent 10.0.0.1', 17))).toMatchObject({ body: 'sent <ip>', why: 'severe' });
    const whys = Array.from({ length: 5 }, () => gate.admitLog(line('/g', 'hello 1'))?.why);
    expect(whys).toEqual(['rare', 'rare', 'rare', 'ordinary', 'ordinary']);
  });

  it('takes terminal escapes and invisible characters out, which split no number from its form', () => {
    const { gate } = gateFor();
    gate.setGeneralLogSources(['/g']);
    const text = 'fail \u001b]0;title\u0007\u001b[31mred\u001b[0m of 8512\u200b31-23\u200d45678\n\tat x';
    const body = gate.admitLog(line('/g', text))?.body;
    expect(body).toMatch(/red/);
    expect(body).not.toMatch(/[^\P{Cc}\n\t]|\p{Cf}|8512|45678/u);
  });

  it('lets no line of a private source out, only counts', () => {
    const { gate } = gateFor();
    expect(gate.admitLog(line('/p', 'hello'))).toBeNull();
    expect(gate.takeTemplates()).toMatchObject([{ source: '/p', count: 1, text: '' }]);
    expect(gate.takeTemplates()).toEqual([]);
  });

  it('tells the template of a private source after 20 distinct lines, not after one line 20 times', () => {
    const { gate } = gateFor();
    for (let i = 0; i < 100; i++) gate.admitLog(line('/p', `10:00:${i} john paid`));
    expect(gate.takeTemplates()[0]?.text).toBe('');
    const word = (i: number) => `x${'abcdefghijklmnopqrstuvwxyz'[i]}1`;
    for (let i = 0; i < 19; i++) gate.admitLog(line('/p', `job ${word(i)} ended`));
    expect(gate.takeTemplates()[0]?.text).toBe('');
    gate.admitLog(line('/p', `job ${word(20)} ended`));
    expect(gate.takeTemplates()[0]?.text).toBe('job <*> ended');
  });

  it('follows a change of the rules at once', () => {
    const { gate } = gateFor();
    gate.setGeneralLogSources(['/g']);
    expect(gate.admitLog(line('/g', 'x'))).not.toBeNull();
    gate.setGeneralLogSources([]);
    expect(gate.admitLog(line('/g', 'x'))).toBeNull();
  });

  const letters = (n: number) => n.toString(26).replace(/\d/g, (d) => 'qrstuvwxyz'[Number(d)]!);

  it('finds a word that is always another one to be a value, and tells the counts as of one template', () => {
    const { gate } = gateFor();
    gate.setGeneralLogSources(['/g']);
    for (let i = 0; i < 3_000; i++) gate.admitLog(line('/g', `only ${letters(i)} here`));
    expect(gate.takeTemplates()).toMatchObject([{ count: 3_000, text: 'only <*> here' }]);
  });

  it('stays bounded when every line is new', () => {
    const { gate, refusals } = gateFor();
    for (let i = 0; i < 3_000; i++) {
      gate.admitLog(
        line('/p', `${letters(i)} ${letters(i * 7)}${'.'.repeat(i % 40)} ${letters(i * 31)} ${';'.repeat(i % 7)}`),
      );
    }
    expect(gate.takeTemplates().length).toBeLessThanOrEqual(1_001);
    expect(refusals.snapshot()['too-many-templates']).toBeGreaterThan(0);
  });

  it('goes on with the templates of before a restart', () => {
    const { gate } = gateFor();
    for (let i = 0; i < 50; i++) gate.admitLog(line('/g', `task ${letters(i)} done`));
    gate.takeTemplates();
    const { gate: later } = gateFor();
    later.restoreTemplates(gate.saveTemplates());
    later.setGeneralLogSources(['/g']);
    expect(later.admitLog(line('/g', 'task brandnew done'))?.why).toBe('ordinary');
    expect(later.takeTemplates()).toMatchObject([{ count: 1, text: 'task <*> done' }]);
  });
});

it('gives a new log source the place of one that has long been silent, after its counts were told', () => {
  const { gate } = gateFor();
  for (let i = 0; i < 200; i++) gate.admitLog(line(`/fake/${i}`, 'hello'));
  const sources = () => gate.takeTemplates().map(({ source }) => source);
  for (let minute = 0; minute < 20; minute++) {
    gate.admitLog(line('/fake/0', 'hello'));
    sources();
  }
  gate.admitLog(line('/real', 'hello'));
  expect(sources()).toEqual(['/real']);
  gate.admitLog(line('/fake/0', 'hello'));
  expect(sources()).toEqual(['/fake/0']);
});

describe('AttributeGuard', () => {
  const emits = {
    m: { unit: '1', kind: 'counter', about: 'test' },
    g: { unit: '1', kind: 'gauge', about: 'test' },
  } as const;

  it('adds counters and keeps the highest gauge behind the cut', () => {
    const refusals = new Refusals();
    const written: [string, number, unknown][] = [];
    const writer = new AttributeGuard(new Uint8Array(32), refusals).writer(emits, {
      write: (metric, value, attributes) => written.push([metric, value, attributes]),
    });
    for (let i = 0; i < VALUES_PER_ATTRIBUTE + 10; i++) {
      writer.write('m', 1, { path: `p${i}` });
      writer.write('g', i, { path: `p${i}` });
    }
    writer.end();
    expect(written).toHaveLength(2 * VALUES_PER_ATTRIBUTE + 2);
    expect(written.at(-2)).toEqual(['m', 10, { path: 'other' }]);
    expect(written.at(-1)).toEqual(['g', VALUES_PER_ATTRIBUTE + 9, { path: 'other' }]);
    expect(refusals.snapshot()).toEqual({ 'label-explosion': 20 });
  });

  it('lets no personal name of a declared metric through, and masks what a program says of it', () => {
    const refusals = new Refusals();
    const declared: Record<string, string> = {};
    const writer = new AttributeGuard(new Uint8Array(32), refusals).writer(emits, {
      write: () => undefined,
      declare: (metric, { about }) => {
        declared[metric] = about;
        return true;
      },
    });
    const info = { unit: '1', kind: 'counter', about: 'of a@example.kr\u001b[31m' } as const;
    expect(writer.declare('shop.orders', info)).toBe(true);
    expect(writer.declare('orders.851231-2345678', info)).toBe(false);
    expect(writer.declare('shop.paid', { ...info, unit: 'a@example.kr' })).toBe(false);
    expect(Object.keys(declared)).toEqual(['shop.orders']);
    expect(declared['shop.orders']).not.toMatch(/example|\p{Cc}/u);
    expect(refusals.snapshot()).toEqual({ 'metric-name-personal': 2 });
  });

  it('adds declared counters behind the cut, hides personal keys, and is bounded in keys', () => {
    const refusals = new Refusals();
    const written: [string, number, Record<string, string> | undefined][] = [];
    const writer = new AttributeGuard(new Uint8Array(32), refusals).writer(emits, {
      write: (metric, value, attributes) => written.push([metric, value, attributes]),
      declare: () => true,
    });
    writer.declare('d', { unit: '1', kind: 'counter', about: '' });
    for (let i = 0; i < VALUES_PER_ATTRIBUTE + 10; i++) writer.write('d', 1, { path: `p${i}` });
    writer.end();
    expect(written.at(-1)).toEqual(['d', 10, { path: 'other' }]);
    writer.write('d', 1, { 'a@example.kr': 'x' });
    expect(Object.keys(written.at(-1)![2]!)).toEqual([expect.stringMatching(/^masked:/)]);
    const letters = (n: number) => n.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!);
    for (let i = 0; i < 10_050; i++) writer.write('d', 1, { [`k${letters(i)}`]: 'x' });
    const cut = refusals.snapshot()['label-explosion']!;
    expect(cut).toBeGreaterThan(50);
    writer.end();
    expect(written.at(-1)![2]).toEqual({ [`k${letters(10_049)}`]: 'other' });
  });

  it('leaves ordinary values alone and makes pseudonyms of others, the same for the same', () => {
    const guard = new AttributeGuard(new Uint8Array(32).fill(1), new Refusals());
    const values = {
      port: '8080',
      device: '/dev/vda',
      name: 'x86_64-linux-gnu-gcc-12',
      mode: 'user',
      year: '2026',
      mount: '/var/lib/docker',
    };
    expect(guard.admit('m', values)).toEqual(values);
    // Digits of a container's short id are chance; the same digits elsewhere may be a telephone.
    const digits = '010123456789';
    expect(guard.admit('m', { 'container.id': digits })).toEqual({ 'container.id': digits });
    expect(guard.admit('m', { 'container.id': `${digits}0` })['container.id']).toMatch(/^masked:/);
    const [one, again, other] = ['a@x.kr', 'a@x.kr', 'b@x.kr'].map((mail) => guard.admit('m', { mail }).mail);
    expect(one).toMatch(/^masked:[0-9a-f]{16}$/);
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });
});
