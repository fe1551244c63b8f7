import { type Result, refused } from '@airis/protocol';

/** Days each table is kept; whole partitions are dropped. */
export type Retention = Readonly<Record<RetainedTable, number>>;

export const retainedTables = [
  'block',
  'block_1m',
  'block_1h',
  'point',
  'histogram',
  'exemplar',
  'log',
  'template',
  'transaction',
  'span',
] as const;
export type RetainedTable = (typeof retainedTables)[number];

export const defaultRetention: Retention = {
  block: 7,
  block_1m: 90,
  block_1h: 400,
  point: 30,
  histogram: 30,
  exemplar: 7,
  log: 14,
  template: 30,
  transaction: 7,
  span: 7,
};

/** Reads `AIRIS_RETENTION`: `block=3d,log=30d`. Tables that are not named keep their default. */
export function parseRetention(text: string): Result<Retention, 'unknown-table' | 'bad-duration'> {
  const retention: Record<RetainedTable, number> = { ...defaultRetention };
  for (const part of text.split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const [name = '', duration = ''] = part.split('=').map((piece) => piece.trim());
    const table = retainedTables.find((known) => known === name);
    if (table === undefined) return refused('unknown-table', `${name}; known are ${retainedTables.join(', ')}`);
    const days = /^([1-9][0-9]{0,4})d$/.exec(duration);
    if (days === null) return refused('bad-duration', `${part}; write ${name}=14d`);
    retention[table] = Number(days[1]);
  }
  return { ok: true, value: retention };
}
