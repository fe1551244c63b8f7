import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Dependency, Measure, RcaCase, RcaSeries } from '../../hub/src/rca/rca-method.ts';
import { readPatterns } from './rca-patterns.ts';
import { readText } from './read-text.ts';

const caseEntry = z.object({
  id: z.string(),
  topology: z.string(),
  inject_ts: z.number(),
  metric_file: z.string().optional(),
  abnormal_window: z.tuple([z.number(), z.number()]).optional(),
  normal_file: z.string().optional(),
  abnormal_file: z.string().optional(),
  target: z.object({ node: z.string() }).optional(),
  log_file: z.string().optional(),
  normal_log_file: z.string().optional(),
  trace_file: z.string().optional(),
  normal_trace_file: z.string().optional(),
});
export type CaseEntry = z.infer<typeof caseEntry>;

const topology = z.object({ nodes: z.array(z.string()), edges: z.array(z.tuple([z.string(), z.string()])) });

export const readCases = async (root: string): Promise<CaseEntry[]> =>
  z.array(caseEntry).parse(JSON.parse(await readFile(join(root, 'cases.json'), 'utf8')));

export const readTopology = async (root: string, file: string) =>
  topology.parse(JSON.parse(await readFile(join(root, file), 'utf8')));

interface Table {
  readonly names: readonly string[];
  readonly timesMs: Float64Array;
  readonly columns: readonly Float64Array[];
}

const tables = new Map<string, Promise<Table>>();

async function readTable(path: string): Promise<Table> {
  const lines = (await readText(path)).split('\n').filter((line) => line !== '');
  const names = lines[0]!.split(',').slice(1);
  const rows = lines.slice(1).map((line) => line.split(','));
  const column = (at: number) =>
    Float64Array.from(rows, (cells) => ((cells[at] ?? '') === '' ? Number.NaN : Number(cells[at])));
  return { names, timesMs: column(0).map((seconds) => seconds * 1_000), columns: names.map((_, i) => column(i + 1)) };
}

function cachedTable(path: string): Promise<Table> {
  const known = tables.get(path) ?? readTable(path);
  tables.set(path, known);
  return known;
}

/** A case of labelled data as the product's own methods see an incident. Labels are never read. */
export async function readCase(root: string, entry: CaseEntry): Promise<RcaCase> {
  const graph = await readTopology(root, entry.topology);
  const table =
    entry.metric_file === undefined
      ? joined(await cachedTable(join(root, entry.normal_file!)), await readTable(join(root, entry.abnormal_file!)))
      : await cachedTable(join(root, entry.metric_file));
  const window = windowOf(entry, table);
  const dependencies = graph.edges.map(([caller, callee]): Dependency => ({ caller, callee, confidence: 1 }));
  const entrance =
    graph.nodes.find((node) => !graph.edges.some(([, callee]) => callee === node)) ?? graph.nodes[0] ?? '';
  const series = table.names.map((name, i) => seriesOf(name, table.columns[i]!, entrance));
  const entities = new Set([
    ...graph.nodes,
    ...series.flatMap(({ entity, peer }) => (peer === null ? [entity] : [entity, peer])),
  ]);
  return {
    ...window,
    alerting: entry.target?.node ?? null,
    entities: [...entities],
    dependencies,
    times: table.timesMs,
    series: series.filter(({ metric }) => !isOfTheHost(metric)),
    findings: [],
    changes: [],
    patterns: await readPatterns(root, entry),
  };
}

/** Two tables of the same series, one after the other. */
function joined(before: Table, after: Table): Table {
  const place = new Map(after.names.map((name, i) => [name, i]));
  const names = before.names.filter((name) => place.has(name));
  return {
    names,
    timesMs: Float64Array.from([...before.timesMs, ...after.timesMs]),
    columns: names.map((name) =>
      Float64Array.from([...before.columns[before.names.indexOf(name)]!, ...after.columns[place.get(name)!]!]),
    ),
  };
}

/** Half a minute either side: a row stands for the minute before it. */
const ROUND_MS = 30_000;

function windowOf(entry: CaseEntry, table: Table): Pick<RcaCase, 'fromUnixMs' | 'toUnixMs'> {
  if (entry.abnormal_window !== undefined) {
    const [from, to] = entry.abnormal_window;
    return { fromUnixMs: from * 1_000 - ROUND_MS, toUnixMs: to * 1_000 + ROUND_MS };
  }
  const rowsOfCase = 5;
  const hurt = table.timesMs.slice(-rowsOfCase);
  return { fromUnixMs: hurt[0]!, toUnixMs: hurt.at(-1)! };
}

function seriesOf(name: string, values: Float64Array, entrance: string): RcaSeries {
  const [place = '', ...rest] = name.split('|');
  const metric = rest.join('|');
  const measure = measureOf(metric);
  const shaped = /success|availab/i.test(metric) ? values.map((percent) => (100 - percent) / 100) : values;
  const call = /^edge:(.+)>(.+)$/.exec(place);
  if (call !== null) return { entity: call[1]!, peer: call[2]!, measure, metric, values: shaped };
  return { entity: place === 'entry' ? entrance : place, peer: null, measure, metric, values: shaped };
}

/** By words that any monitoring system uses; names of this data are not known here. */
function measureOf(metric: string): Measure {
  const text = metric.toLowerCase();
  if (/latenc|duration|response.?time|delay|_p\d\d/.test(text)) return 'latency';
  if (/success|availab|error|fail|exception/.test(text)) return 'errors';
  if (/cpu/.test(text)) return 'cpu';
  if (/mem|heap/.test(text)) return 'memory';
  if (/disk/.test(text)) return 'disk';
  if (/satur|util|queue|throttl|thread/.test(text)) return 'saturation';
  if (/request|workload|ops|rps|qps|calls|throughput/.test(text)) return 'calls';
  if (/net|bytes|packet/.test(text)) return 'network';
  return 'other';
}

/** A host shared with others tells little of one service on it. */
const isOfTheHost = (metric: string): boolean => /^(?:node|host)/i.test(metric);
