import type { Act } from './act.ts';
import { endOf, type FindingRecord, startOf } from './finding-record.ts';
import { RESOLVE_HOLD_MS } from './group.ts';

export type IncidentState = 'open' | 'acknowledged' | 'resolved';

/** One stretch without a silence of `RESOLVE_HOLD_MS`: an incident that is reopened has several. */
export interface Episode {
  readonly startUnixMs: number;
  /** When it was resolved; null while it lasts or is held. */
  readonly resolvedAtUnixMs: number | null;
  /** Who resolved it; null for the hub itself. */
  readonly resolvedBy: string | null;
}

export interface Life {
  readonly state: IncidentState;
  readonly episodes: readonly Episode[];
  readonly acknowledged: { readonly atUnixMs: number; readonly who: string } | null;
  readonly resolvedAtUnixMs: number | null;
}

/**
 * Where an incident stands, from its findings and from what people did, and from nothing else: the same facts give the
 * same answer whenever and however often one asks.
 *
 * @param firing - findings worse than `info`, at least one
 */
export function lifeOf(firing: readonly FindingRecord[], acts: readonly Act[], nowUnixMs: number): Life {
  const resolutions = acts.filter((act) => act.kind === 'resolve').sort((a, b) => a.atUnixMs - b.atUnixMs);
  const episodes = episodesOf(firing, resolutions, nowUnixMs);
  const last = episodes[episodes.length - 1]!; // at least one finding makes at least one episode
  const acknowledgement = acts
    .filter((act) => act.kind === 'acknowledge' && act.atUnixMs >= last.startUnixMs)
    .sort((a, b) => a.atUnixMs - b.atUnixMs)[0];
  const acknowledged =
    acknowledgement === undefined ? null : { atUnixMs: acknowledgement.atUnixMs, who: acknowledgement.who };
  const live: IncidentState = acknowledged === null ? 'open' : 'acknowledged';
  return {
    state: last.resolvedAtUnixMs === null ? live : 'resolved',
    episodes,
    acknowledged,
    resolvedAtUnixMs: last.resolvedAtUnixMs,
  };
}

function episodesOf(firing: readonly FindingRecord[], resolutions: readonly Act[], nowUnixMs: number): Episode[] {
  const spans = firing
    .map((record) => ({ start: startOf(record), end: endOf(record) }))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  const runs: { start: number; end: number }[] = [];
  for (const span of spans) {
    const last = runs.at(-1);
    const isBroken =
      last === undefined || span.start > last.end + RESOLVE_HOLD_MS || wasResolved(last, span, resolutions);
    if (isBroken) runs.push({ ...span });
    else last.end = Math.max(last.end, span.end);
  }
  return runs.map((run, index) => closeEpisode(run, runs[index + 1]?.start ?? Infinity, resolutions, nowUnixMs));
}

/** A person resolved what ran before this span began: even a second later it is a new episode. */
function wasResolved(run: { end: number }, span: { start: number }, resolutions: readonly Act[]): boolean {
  return resolutions.some((act) => act.atUnixMs >= run.end && act.atUnixMs < span.start);
}

function closeEpisode(
  run: { start: number; end: number },
  nextStart: number,
  resolutions: readonly Act[],
  nowUnixMs: number,
): Episode {
  const byHold = run.end + RESOLVE_HOLD_MS;
  const person = resolutions.find((act) => act.atUnixMs >= run.end && act.atUnixMs < Math.min(byHold, nextStart));
  if (person !== undefined) {
    return { startUnixMs: run.start, resolvedAtUnixMs: person.atUnixMs, resolvedBy: person.who };
  }
  const isOver = byHold <= nowUnixMs || nextStart < Infinity;
  return { startUnixMs: run.start, resolvedAtUnixMs: isOver ? byHold : null, resolvedBy: null };
}
