import type { Finding } from '@airis/protocol';
import type { Log } from '../log.ts';
import type { GapBucket } from '../query/call-gaps.ts';
import { startTicking } from '../quiet-ticker.ts';
import { closedFinding, continuedFinding, LINK_DETECTOR, linkFinding, linkOf } from './link-finding.ts';
import { judgeLink, LINK_BUCKET_MS, LINK_PAST_MS, type LinkUsual, usualOfLink } from './link-latency.ts';

interface OpenFinding {
  readonly agent: string;
  readonly finding: Finding;
}

export interface LinkWatchOptions {
  readonly callGaps: (request: {
    fromUnixMs: number;
    toUnixMs: number;
    bucketMs: number;
  }) => Promise<readonly GapBucket[]>;
  readonly agentName: () => Promise<(number: number) => string>;
  /** All findings that hold now, of all hosts. */
  readonly openFindings: () => Promise<readonly OpenFinding[]>;
  /** The door to incidents. */
  readonly take: (agent: string, finding: Finding) => Promise<void>;
  readonly clock: () => number;
  readonly log: Log;
  /** 0 leaves ticking to the caller. */
  readonly everyMs?: number;
}

export interface LinkWatch extends AsyncDisposable {
  tick(): Promise<void>;
}

const DEFAULT_EVERY_MS = 2_000;
/** Access logs come through agents every two seconds: what is younger is not complete. */
const LAG_MS = 4_000;
/** Read again at each tick, for rows that came late. */
const READ_AGAIN_MS = 24_000;
const UPDATE_EVERY_MS = 30_000;
/** A link without calls for this long has no trouble that anybody could see. */
const SILENT_MS = 60_000;
/** Links watched; more are left out, by name. */
const MAX_LINKS = 2_000;

/** Troubles that make callers wait before a callee takes them in, or answers late to the clock of a busy caller. */
const explainsAsCallee: ReadonlySet<string> = new Set(['missing', 'event-loop', 'threads', 'cpu']);
const explainsAsCaller: ReadonlySet<string> = new Set(['missing', 'event-loop', 'cpu']);

/**
 * Watches what lies between services: the caller waits, the callee answers at its usual pace. Keeps no state of its own
 * that matters: usual is read from the store again after a restart, and open findings are continued.
 */
export function createLinkWatch(options: LinkWatchOptions): LinkWatch {
  const { clock, log, everyMs = DEFAULT_EVERY_MS } = options;
  let links = new Map<string, readonly GapBucket[]>();
  let readUpTo: number | null = null;
  const toldAt = new Map<string, number>();
  /** Usual of links in trouble, from before it began. */
  const before = new Map<string, LinkUsual>();

  async function read(nowUnixMs: number): Promise<void> {
    const fromUnixMs = alignedTo(readUpTo === null ? nowUnixMs - LINK_PAST_MS : nowUnixMs - READ_AGAIN_MS);
    const fresh = await options.callGaps({ fromUnixMs, toUnixMs: nowUnixMs, bucketMs: LINK_BUCKET_MS });
    const kept = [...links.values()].flatMap((buckets) =>
      buckets.filter(({ atUnixMs }) => atUnixMs < fromUnixMs && atUnixMs >= nowUnixMs - LINK_PAST_MS),
    );
    const grouped = Map.groupBy([...kept, ...fresh], ({ agent, caller, callee }) => `${agent} ${caller} ${callee}`);
    links = new Map([...grouped].sort(([left], [right]) => (left < right ? -1 : 1)).slice(0, MAX_LINKS));
    readUpTo = nowUnixMs;
  }

  async function tick(): Promise<void> {
    const wallUnixMs = clock();
    // Only whole buckets: half a one would have half its calls.
    const nowUnixMs = alignedTo(wallUnixMs - LAG_MS);
    await read(nowUnixMs);
    const nameOf = await options.agentName();
    const open = await options.openFindings();
    const own = new Map(
      open
        .filter(({ finding }) => finding.detector.name === LINK_DETECTOR)
        .map((one) => [`${one.agent} ${one.finding.entity}`, one]),
    );
    const troubles = troublesOf(open);
    for (const [key, buckets] of links) {
      const [first] = buckets;
      if (first === undefined) continue;
      const { caller, callee } = first;
      const agent = nameOf(first.agent);
      const ownKey = `${agent} ${linkOf(caller, callee)}`;
      const known = own.get(ownKey);
      own.delete(ownKey);
      await judge({ key, agent, caller, callee, buckets, known, isExplained: isExplained(troubles, caller, callee) });
    }
    // Nobody calls any more, or only others: what nobody can see is over.
    for (const { agent, finding } of own.values()) {
      if (wallUnixMs - finding.detectedAtUnixMs > SILENT_MS)
        await options.take(agent, closedFinding(finding, wallUnixMs));
    }

    async function judge(link: {
      readonly key: string;
      readonly agent: string;
      readonly caller: string;
      readonly callee: string;
      readonly buckets: readonly GapBucket[];
      readonly known: OpenFinding | undefined;
      readonly isExplained: boolean;
    }): Promise<void> {
      const { key, agent, caller, callee, buckets, known } = link;
      if (known === undefined) before.delete(key);
      const asOf = known === undefined ? nowUnixMs : known.finding.startedAtUnixMs;
      const usual = before.get(key) ?? usualOfLink(buckets, asOf) ?? usualFrom(known?.finding);
      if (usual === null) return;
      if (known !== undefined) before.set(key, usual);
      const verdict = judgeLink(buckets, usual, nowUnixMs);
      if (known === undefined) {
        if (verdict.kind !== 'slow' && verdict.kind !== 'lossy') return;
        if (link.isExplained) return;
        const finding = linkFinding({ caller, callee, verdict, usual }, wallUnixMs);
        before.set(key, usual);
        toldAt.set(finding.id, wallUnixMs);
        await options.take(agent, finding);
        return;
      }
      const { finding } = known;
      const lastCallAt = buckets.at(-1)?.atUnixMs ?? 0;
      if (verdict.kind === 'well' || nowUnixMs - lastCallAt > SILENT_MS) {
        toldAt.delete(finding.id);
        await options.take(agent, closedFinding(finding, wallUnixMs));
      } else if (verdict.kind !== 'open-question' && wallUnixMs - (toldAt.get(finding.id) ?? 0) > UPDATE_EVERY_MS) {
        toldAt.set(finding.id, wallUnixMs);
        const newest = linkFinding({ caller, callee, verdict, usual }, wallUnixMs);
        await options.take(agent, continuedFinding(finding, newest));
      }
    }
  }

  const ticking = startTicking(tick, everyMs, log, 'LINK_WATCH_FAILED');
  return {
    tick,
    [Symbol.asyncDispose]: () => ticking[Symbol.asyncDispose](),
  };
}

const alignedTo = (unixMs: number): number => Math.floor(unixMs / LINK_BUCKET_MS) * LINK_BUCKET_MS;

function troublesOf(open: readonly OpenFinding[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byEntity = Map.groupBy(open, ({ finding }) => finding.entity);
  return new Map(
    [...byEntity].map(([entity, findings]) => [entity, new Set(findings.map(({ finding }) => finding.trouble))]),
  );
}

function isExplained(troubles: ReadonlyMap<string, ReadonlySet<string>>, caller: string, callee: string): boolean {
  const has = (entity: string, of: ReadonlySet<string>) => [...(troubles.get(entity) ?? [])].some((one) => of.has(one));
  return has(callee, explainsAsCallee) || has(caller, explainsAsCaller);
}

/** After a restart in the middle of a long spell, the finding itself still says what was usual. */
function usualFrom(finding: Finding | undefined): LinkUsual | null {
  const [gap, callee, stalled] = finding?.evidence ?? [];
  if (gap?.expectedHigh === undefined) return null;
  return {
    gapMsMedian: ((gap.expectedLow ?? 0) + gap.expectedHigh) / 2,
    gapMsLow: gap.expectedLow ?? 0,
    gapMsHigh: gap.expectedHigh,
    calleeMsMedian: Math.max(0, ((callee?.expectedHigh ?? 50) - 50) / 2),
    stalledRatio: stalled?.expectedHigh ?? 0.01,
  };
}
