import type { Measure, RcaCase } from './rca-method.ts';
import { type CaseRows, rowsOf, type SeriesChange, seriesChange } from './series-change.ts';

/** A case's changes and dependencies, found by entity; made once and shared by the methods that look at series. */
export interface CaseIndex {
  readonly facts: RcaCase;
  readonly rows: CaseRows;
  /** Changes of an entity's own series. */
  own(entity: string, measure: Measure): readonly SeriesChange[];
  /** Changes of its calls to others, as it saw them. */
  outgoing(entity: string): readonly SeriesChange[];
  /** Changes of others' calls to it, as they saw them. */
  incoming(entity: string): readonly SeriesChange[];
  callees(entity: string): readonly string[];
  callers(entity: string): readonly string[];
  readonly hasCallSeries: boolean;
}

const none: readonly never[] = [];
const indexes = new WeakMap<RcaCase, CaseIndex>();

export function indexOf(facts: RcaCase): CaseIndex {
  const known = indexes.get(facts);
  if (known !== undefined) return known;
  const rows = rowsOf(facts);
  const own = new Map<string, SeriesChange[]>();
  const outgoing = new Map<string, SeriesChange[]>();
  const incoming = new Map<string, SeriesChange[]>();
  for (const series of facts.series) {
    const change = seriesChange(series, rows);
    if (change === null) continue;
    if (series.peer === null) add(own, `${series.entity} ${series.measure}`, change);
    else {
      add(outgoing, series.entity, change);
      add(incoming, series.peer, change);
    }
  }
  const callees = new Map<string, string[]>();
  const callers = new Map<string, string[]>();
  for (const { caller, callee } of facts.dependencies) {
    if (caller === callee) continue;
    add(callees, caller, callee);
    add(callers, callee, caller);
  }
  const made: CaseIndex = {
    facts,
    rows,
    own: (entity, measure) => own.get(`${entity} ${measure}`) ?? none,
    outgoing: (entity) => outgoing.get(entity) ?? none,
    incoming: (entity) => incoming.get(entity) ?? none,
    callees: (entity) => callees.get(entity) ?? none,
    callers: (entity) => callers.get(entity) ?? none,
    hasCallSeries: outgoing.size > 0,
  };
  indexes.set(facts, made);
  return made;
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
