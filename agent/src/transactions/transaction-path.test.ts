import { openBatch, signals, textAt } from '@airis/protocol';
import { expect, it } from 'vitest';
import { Refusals } from '../refusals.ts';
import type { Spool } from '../store/spool.ts';
import { TransactionColumns } from './transaction-columns.ts';
import { TransactionPath } from './transaction-path.ts';

const nowMs = 1_795_372_619_000;

function rig() {
  const payloads: Uint8Array[] = [];
  const spool = { append: ({ payload }: { payload: Uint8Array }) => payloads.push(payload) };
  const refusals = new Refusals();
  // Of a spool only this is used.
  const path = new TransactionPath({
    gate: { admitName: (name) => name },
    spool: spool as unknown as Spool,
    kept: { append: () => undefined },
    refusals,
    spokenFor: (role) => `service:${role}`,
  });
  const log = new TransactionColumns('nginx');
  const spans = new TransactionColumns('otlp');
  const row = (columns: TransactionColumns, service: string, route: string) =>
    columns.add(nowMs, 5, 200, service, route, '', '', '', '', -1);
  const step = (atMs: number): string[] => {
    path.step(atMs, [log, spans]);
    return payloads.splice(0).flatMap((payload) => {
      const opened = openBatch(signals.transaction, payload, nowMs);
      if (!opened.ok) throw new Error(opened.reason);
      const text = (name: string, at: number) => textAt(opened.value.column(name, 'utf8'), at);
      return Array.from({ length: opened.value.rows }, (_, at) => `${text('service', at)} ${text('route', at)}`);
    });
  };
  return { log, spans, row, step, refusals };
}

it('tells a service that sends spans by these alone, and by its log again once they end', () => {
  const { log, spans, row, step, refusals } = rig();
  row(log, 'service:shop', 'GET /log');
  expect(step(nowMs)).toEqual(['service:shop GET /log']);
  row(log, 'service:shop', 'GET /log');
  row(log, '', 'GET /front');
  row(log, 'service:shop', 'GET /log');
  row(spans, 'service:shop', 'GET /span');
  expect(step(nowMs + 2_000)).toEqual(['service:nginx GET /front', 'service:shop GET /span']);
  expect(refusals.snapshot()).toEqual({ 'transaction-told-by-spans': 2 });
  row(log, 'service:shop', 'GET /log');
  expect(step(nowMs + 60_000)).toEqual([]);
  row(log, 'service:shop', 'GET /log');
  expect(step(nowMs + 70_000)).toEqual(['service:shop GET /log']);
});

it('knows who sends spans without a name by the role it speaks for', () => {
  const { log, spans, row, step } = rig();
  row(spans, '', 'GET /span');
  row(log, 'service:otlp', 'GET /log');
  expect(step(nowMs)).toEqual(['service:otlp GET /span']);
});
