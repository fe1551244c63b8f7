import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AuditStore } from '../store/state/audit.ts';

/** Something about an agent that people should know, such as `identity-cloned`. */
export interface Notice {
  readonly kind: string;
  readonly agent: string;
  readonly detail: string;
  readonly atUnixMs: number;
}

/** A clone shows with every batch; the audit needs to say so now and then. */
const AGAIN_AFTER_MS = 10 * 60_000;
/** Agents and kinds remembered; beyond it all are forgotten, and said once more. */
const MAX_REMEMBERED = 10_000;

/** Puts what ingest noticed of agents' identities on record, at most every ten minutes for each. */
export function createNoticeAudit(audit: Pick<AuditStore, 'append'>, log: Log): (notice: Notice) => void {
  const toldAt = new Map<string, number>();
  return ({ kind, agent, detail, atUnixMs }) => {
    const key = `${kind} ${agent}`;
    if (atUnixMs - (toldAt.get(key) ?? -Infinity) < AGAIN_AFTER_MS) return;
    if (toldAt.size >= MAX_REMEMBERED) toldAt.clear();
    toldAt.set(key, atUnixMs);
    audit
      .append({
        atUnixMs,
        who: `agent:${agent}`,
        action: `agent.${kind}`,
        target: agent,
        outcome: 'refused',
        details: { detail },
      })
      .catch((cause: unknown) => log.error('NOTICE_NOT_AUDITED', errorText(cause), { kind, agent }));
  };
}
