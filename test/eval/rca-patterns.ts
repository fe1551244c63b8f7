import { join } from 'node:path';
import type { RcaPattern } from '../../hub/src/rca/rca-method.ts';
import { ascending, quantile } from '../../hub/src/rca/series-change.ts';
import type { CaseEntry } from './rca-case.ts';
import { readText } from './read-text.ts';

interface Execution {
  /** `service operation`. */
  readonly operation: string;
  readonly service: string;
  readonly parent: string;
  selfMs: number;
  readonly patterns: Set<string>;
}

interface LogRow {
  readonly svc: string;
  readonly span?: string;
  readonly msg: string;
}

/** What each operation logged, called and dawdled on, normally and during the case; empty where there are neither. */
export async function readPatterns(root: string, entry: CaseEntry): Promise<readonly RcaPattern[]> {
  if (entry.trace_file === undefined || entry.normal_trace_file === undefined) return [];
  const before = await readExecutions(root, entry.normal_trace_file, entry.normal_log_file);
  const during = await readExecutions(root, entry.trace_file, entry.log_file);
  markSlow(before, during);
  const usual = countPatterns(before);
  const now = countPatterns(during);
  return [...now].flatMap(([operation, there]) => {
    const here = usual.get(operation);
    if (here === undefined) return [];
    const names = new Set([...there.counts.keys(), ...here.counts.keys()]);
    return [...names].map((name) => ({
      entity: there.service,
      pattern: `${operation}: ${name}`,
      before: here.counts.get(name) ?? 0,
      beforeTotal: here.total,
      during: there.counts.get(name) ?? 0,
      duringTotal: there.total,
    }));
  });
}

const readCache = new Map<string, Promise<string[]>>();
function linesOf(path: string): Promise<string[]> {
  const read = async () => (await readText(path)).split('\n').filter((line) => line !== '');
  const known = readCache.get(path) ?? read();
  // The normal minute is read by every case of its day.
  if (path.includes('normal-')) readCache.set(path, known);
  return known;
}

async function readExecutions(root: string, traceFile: string, logFile: string | undefined): Promise<Execution[]> {
  const spans = new Map<string, Execution>();
  for (const line of (await linesOf(join(root, traceFile))).slice(1)) {
    const cells = line.split(',');
    const [, span = '', parent = '', service = ''] = cells;
    if (spans.has(span)) continue;
    const operation = `${service} ${masked(cells.slice(4, -2).join(','))}`;
    spans.set(span, { operation, service, parent, selfMs: Number(cells.at(-1)) / 1_000, patterns: new Set() });
  }
  for (const one of spans.values()) {
    const parent = spans.get(one.parent);
    if (parent === undefined || parent === one) continue;
    parent.patterns.add(`call ${one.operation}`);
    parent.selfMs -= one.selfMs;
  }
  for (const line of logFile === undefined ? [] : await linesOf(join(root, logFile))) {
    const row = JSON.parse(line) as LogRow;
    const execution = row.span === undefined ? undefined : spans.get(row.span);
    if (execution?.service === row.svc) execution.patterns.add(`log ${masked(row.msg)}`);
  }
  return [...spans.values()];
}

const SLOW_QUANTILE = 0.95;

/** An execution is slow when its own time is beyond twice what nearly all of its operation took before. */
function markSlow(before: readonly Execution[], during: readonly Execution[]): void {
  const limits = new Map<string, number>();
  for (const [operation, list] of Map.groupBy(before, (one) => one.operation)) {
    if (list.length < 3) continue;
    limits.set(operation, 2 * quantile(list.map(({ selfMs }) => selfMs).sort(ascending), SLOW_QUANTILE) + 10);
  }
  for (const one of [...before, ...during]) {
    const limit = limits.get(one.operation);
    if (limit !== undefined && one.selfMs > limit) one.patterns.add('slow');
  }
}

interface Counted {
  readonly service: string;
  readonly counts: Map<string, number>;
  total: number;
}

function countPatterns(executions: readonly Execution[]): Map<string, Counted> {
  const counted = new Map<string, Counted>();
  for (const { operation, service, patterns } of executions) {
    const known = counted.get(operation) ?? { service, counts: new Map<string, number>(), total: 0 };
    counted.set(operation, known);
    known.total++;
    for (const name of patterns) known.counts.set(name, (known.counts.get(name) ?? 0) + 1);
  }
  return counted;
}

/** What varies is left out: numbers, ids, quoted and bracketed values, whatever follows a colon or an equals sign. */
function masked(text: string): string {
  return text
    .slice(0, 300)
    .replace(/^\S*\d\d:\d\d:\d\d\S*\s+/, '')
    .replaceAll(/"[^"]*"|'[^']*'/g, '*')
    .replaceAll(/[[({][^\])}]*[,=:][^\])}]*[\])}]?/g, '*')
    .replaceAll(/([:=])\s*[^\s,;\])}]+/g, '$1*')
    .replaceAll(/\b[0-9a-f]{8,}(?:-[0-9a-f]+)*\b/gi, '*')
    .replaceAll(/\d+/g, '#')
    .split(/\s+/)
    .slice(0, 12)
    .join(' ')
    .slice(0, 110);
}
