import type { Cause, Change, Evidence, Finding, IncidentDetail } from '../api/types.ts';

/** One thing that an incident's claims rest on, under the name that is shown: `E1`, `E2`, … */
export interface NamedEvidence {
  readonly name: string;
  readonly host: string | null;
  readonly source:
    | { readonly kind: 'finding'; readonly finding: Finding }
    | { readonly kind: 'change'; readonly change: Change }
    | { readonly kind: 'measured'; readonly evidence: Evidence };
}

export interface EvidenceIndex {
  readonly all: readonly NamedEvidence[];
  /** The name of a finding or change, where some cause rests on it. */
  readonly nameOf: (kind: string, id: string) => string | null;
  readonly ofCause: (cause: Cause) => readonly NamedEvidence[];
}

/**
 * Names an incident's evidence in the order of its causes, then whatever else was found: each has an address of its own. The same thing cited twice keeps one name. What refers to a finding or
 * change that the incident does not hold is left out: a chip that opens nothing would be worse than none.
 */
export function indexEvidence(incident: IncidentDetail): EvidenceIndex {
  const byRef = new Map<string, NamedEvidence>();
  const keyOf = (item: Cause['evidence'][number]): string =>
    item.kind === 'finding' || item.kind === 'change'
      ? `${item.kind} ${item.ref}`
      : `${item.kind} ${item.ref} ${'metric' in item ? item.metric : ''} ${'from' in item ? item.from : ''}`;
  const add = (entity: string, item: Cause['evidence'][number]): void => {
    const key = keyOf(item);
    if (byRef.has(key)) return;
    // What a finding of the same entity already shows is not shown twice.
    const shown = byRef.get(`finding ${ownerOf(item, entity, incident)?.id}`);
    if (shown !== undefined) {
      byRef.set(key, shown);
      return;
    }
    const source = sourceOf(item, incident);
    if (source === null) return;
    const name = `E${new Set(byRef.values()).size + 1}`;
    byRef.set(key, { name, host: hostOf(source, entity, incident), source });
  };
  for (const cause of incident.causes) for (const item of cause.evidence) add(cause.entity, item);
  // After all of the above: the narrative counts what the causes cite, and its numbers must not move.
  for (const cause of incident.causes) for (const item of reasonRefs(cause)) add(cause.entity, item);
  const oldestFirst = incident.findings.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));
  for (const { entity, id } of oldestFirst) add(entity, { kind: 'finding', ref: id });
  for (const { entity, id, kind } of incident.changes) {
    if (!isOfAgent(kind)) add(entity, { kind: 'change', ref: id });
  }
  return {
    all: [...new Set(byRef.values())],
    nameOf: (kind, id) => byRef.get(`${kind} ${id}`)?.name ?? null,
    ofCause: (cause) => [
      ...new Set(
        [...cause.evidence, ...reasonRefs(cause)]
          .map((item) => byRef.get(keyOf(item)))
          .filter((named) => named !== undefined),
      ),
    ],
  };
}

/** The finding whose series this measurement is. */
function ownerOf(item: Cause['evidence'][number], entity: string, incident: IncidentDetail): Finding | undefined {
  if (item.kind !== 'series') return undefined;
  return incident.findings.find(
    (finding) =>
      finding.entity === entity && finding.evidence.some(({ kind, ref }) => kind === 'series' && ref === item.ref),
  );
}

/** What the reasons for and against refer to. */
function reasonRefs(cause: Cause): Cause['evidence'] {
  return [...cause.for, ...cause.against].flatMap(({ ref }) =>
    ref?.kind === 'finding' || ref?.kind === 'change' ? [{ kind: ref.kind, ref: ref.id }] : [],
  );
}

function sourceOf(item: Cause['evidence'][number], incident: IncidentDetail): NamedEvidence['source'] | null {
  if (item.kind === 'finding') {
    const finding = incident.findings.find(({ id }) => id === item.ref);
    return finding === undefined ? null : { kind: 'finding', finding };
  }
  if (item.kind === 'change') {
    const change = incident.changes.find(({ id }) => id === item.ref);
    return change === undefined ? null : { kind: 'change', change };
  }
  // The union's two members share the name `kind`, which is all the compiler would narrow by; `ref` alone is the other member.
  return { kind: 'measured', evidence: item as Evidence };
}

/** `service:nginx@web-1`, `host:web-1` and `service:shop-app` name their host; otherwise the incident's only one, if it has one. */
function hostOf(source: NamedEvidence['source'], entity: string, incident: IncidentDetail): string | null {
  if (source.kind === 'finding') return source.finding.host;
  if (source.kind === 'change') return source.change.host;
  // `service:shop-app` is watched by an agent of that name; calls over a link are seen by the caller's.
  const agent = entity.split('@')[1] ?? entity.slice(entity.indexOf(':') + 1).split('~')[0];
  const named = incident.hosts.find((host) => host === `host:${agent}`);
  return named ?? (incident.hosts.length === 1 ? (incident.hosts[0] ?? null) : null);
}

/** A change of the agent's own life, which is evidence of nothing. */
export const isOfAgent = (kind: string): boolean => kind === 'agent-start' || kind === 'agent-stop';
