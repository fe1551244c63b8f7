import type { Bilingual, Evidence, Finding, FindingKind, FindingNature, Severity } from '@airis/protocol';

/** What holds about one subject at one time; the book turns a run of these into one finding with a life. */
export interface Claim {
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly confidence: number;
  readonly score: number;
  readonly sinceMs: number;
  /** The value a recovery text speaks of. */
  readonly value: number;
  /** No update is sent for what is on its way back. */
  readonly isFading?: boolean;
  /** It must be gone this long before its finding closes; default 10 s. */
  readonly closeAfterMs?: number;
  readonly entity: string;
  readonly nature: FindingNature;
  readonly trouble: string;
  /** `address:port`, for calls. */
  readonly peer: string | null;
  readonly detector: { readonly name: string; readonly version: string };
  readonly title: Bilingual;
  readonly summary: Bilingual;
  readonly evidence: readonly Evidence[];
  readonly recovery: (lastedMs: number, worst: number) => Bilingual;
}

interface OpenFinding {
  finding: Finding;
  claim: Claim;
  worst: number;
  sentAtMs: number;
  heldAtMs: number;
}

const UPDATE_EVERY_MS = 30_000;
/** One calm moment is no recovery. */
const CLOSE_AFTER_MS = 10_000;
const MAX_OPEN = 64;
const MAX_PENDING = 256;

const rank: Readonly<Record<Severity, number>> = { info: 0, minor: 1, major: 2, critical: 3 };

/**
 * Life of findings: opened once, updated at most every 30 s while they last, closed after recovery. At most 64 open and 256
 * waiting to be taken; beyond, the newest are dropped and counted.
 */
export class FindingBook {
  readonly #newId: () => string;
  readonly #open = new Map<string, OpenFinding>();
  #pending: Finding[] = [];
  #dropped = 0;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  get dropped(): number {
    return this.#dropped;
  }

  isOpen(subject: string): boolean {
    return this.#open.has(subject);
  }

  /** Is anything open other than this subject? */
  hasOthers(subject: string): boolean {
    return this.#open.size > (this.#open.has(subject) ? 1 : 0);
  }

  /** Severity of the worst open finding, or `null`. */
  worstOpen(): Severity | null {
    let worst: Severity | null = null;
    for (const { finding } of this.#open.values()) {
      if (worst === null || rank[finding.severity] > rank[worst]) worst = finding.severity;
    }
    return worst;
  }

  /** What holds about a subject now; `null` when nothing does. */
  report(subject: string, claim: Claim | null, tMs: number): void {
    const open = this.#open.get(subject);
    if (claim === null) {
      if (open !== undefined && tMs - open.heldAtMs >= (open.claim.closeAfterMs ?? CLOSE_AFTER_MS))
        this.#close(subject, open, tMs);
      return;
    }
    if (open === undefined) this.#begin(subject, claim, tMs);
    else this.#continue(open, claim, tMs);
  }

  take(): Finding[] {
    const taken = this.#pending;
    this.#pending = [];
    return taken;
  }

  #begin(subject: string, claim: Claim, tMs: number): void {
    if (this.#open.size >= MAX_OPEN) {
      this.#dropped += 1;
      return;
    }
    const finding: Finding = {
      id: this.#newId(),
      state: 'open',
      startedAtUnixMs: Math.round(Math.min(claim.sinceMs, tMs)),
      detectedAtUnixMs: Math.round(tMs),
      endedAtUnixMs: null,
      ...contentOf(claim),
    };
    this.#open.set(subject, { finding, claim, worst: claim.value, sentAtMs: tMs, heldAtMs: tMs });
    this.#send(finding);
  }

  #continue(open: OpenFinding, claim: Claim, tMs: number): void {
    open.heldAtMs = tMs;
    if (claim.isFading === true) return;
    // Another detector may speak of another quantity (bytes, then a ratio): their values cannot be compared.
    if (open.claim.detector.name !== claim.detector.name) open.worst = claim.value;
    open.claim = claim;
    if (!(open.worst >= claim.value)) open.worst = claim.value;
    if (tMs - open.sentAtMs < UPDATE_EVERY_MS) return;
    open.sentAtMs = tMs;
    // A finding is as bad as it has been: severity only rises.
    const { severity } = rank[claim.severity] > rank[open.finding.severity] ? claim : open.finding;
    open.finding = { ...open.finding, state: 'update', ...contentOf(claim), severity };
    this.#send(open.finding);
  }

  #close(subject: string, { finding, claim, worst, heldAtMs }: OpenFinding, tMs: number): void {
    this.#open.delete(subject);
    const endedAtUnixMs = Math.round(Math.max(heldAtMs, finding.startedAtUnixMs));
    this.#send({
      ...finding,
      state: 'closed',
      endedAtUnixMs,
      summary: claim.recovery(Math.min(tMs, endedAtUnixMs) - finding.startedAtUnixMs, worst),
    });
  }

  #send(finding: Finding): void {
    if (this.#pending.length >= MAX_PENDING) this.#dropped += 1;
    else this.#pending.push(finding);
  }
}

function contentOf(claim: Claim) {
  const { kind, severity, confidence, score, entity, nature, trouble, peer, detector, title, summary, evidence } =
    claim;
  return {
    kind,
    severity,
    confidence,
    score,
    entity,
    nature,
    trouble,
    peer,
    detector,
    title,
    summary,
    evidence: evidence.slice(0, 20),
  };
}
