import type { FindingNature } from '@airis/protocol';
import { endOf, type FindingRecord, startOf } from './finding-record.ts';
import type { Surroundings } from './surroundings.ts';
import { troubleKeyOf } from './trouble.ts';

/** A finding as correlation sees it: what, where, and when it truly began. */
export interface Subject {
  readonly record: FindingRecord;
  readonly entity: string;
  /** The entity of the call graph it counts for: a directory counts for the scope that it belongs to. */
  readonly place: string;
  readonly nature: FindingNature;
  readonly trouble: string;
  /** Entity and trouble: the same key again is the same problem coming back. */
  readonly key: string;
  /** The entity that the troubled calls go to; null where it is not about calls, or nobody knows. */
  readonly peer: string | null;
  /** The port of a device that it is about; null for anything else. */
  readonly port: string | null;
  readonly agent: string;
  /** Its agent speaks for a part of the machine. */
  readonly isScoped: boolean;
  /** Unix ms. */
  readonly onset: number;
  /** Unix ms; `Infinity` while it holds. */
  readonly end: number;
}

/** Onsets further back are taken from a clock, or a window, that says too much. */
const LONGEST_DETECTION_MS = 5 * 60_000;

export function subjectOf(record: FindingRecord, around: Surroundings): Subject {
  const finding = record.whileItHeld ?? record.finding;
  const { entity, nature, trouble, peer } = finding;
  const scope = around.scopeOf(record.agent);
  const took = Math.min(Math.max(finding.detectedAtUnixMs - finding.startedAtUnixMs, 0), LONGEST_DETECTION_MS);
  return {
    record,
    entity,
    place: placeOfEntity(entity, record.agent, scope, around),
    nature,
    trouble: trouble === '' ? finding.kind : trouble,
    key: troubleKeyOf(finding),
    peer: peer === null ? null : around.entityAt(record.agent, peer),
    port: trouble === 'port-down' ? (finding.evidence[0]?.attributes?.['network.interface.name'] ?? null) : null,
    agent: record.agent,
    isScoped: scope !== null,
    onset: startOf(record) - took,
    end: endOf(record),
  };
}

function placeOfEntity(entity: string, agent: string, scope: string | null, around: Surroundings): string {
  if (around.endsOf(entity) !== null || isInGraph(entity, around)) return entity;
  if (entity === scope) return entity;
  if (entity.startsWith('host:')) return around.scopeOf(entity.slice(5)) ?? entity;
  if (entity.endsWith(`@${agent}`)) return scope ?? `host:${agent}`;
  return entity;
}

function isInGraph(entity: string, around: Surroundings): boolean {
  return around.calleesOf(entity).length > 0 || around.callersOf(entity).length > 0;
}

/** By onset, then by what never changes: every rule that walks a list in this order gives the same whatever came first. */
export function byOnset(left: Subject, right: Subject): number {
  return left.onset - right.onset || (idOf(left) < idOf(right) ? -1 : 1);
}

export const idOf = ({ key, record }: Subject): string => `${key} ${record.agent} ${record.finding.id}`;
