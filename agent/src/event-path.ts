import { type Change, encodeEvent, type Finding, type Health } from '@airis/protocol';
import type { Gate } from './gate/gate.ts';
import type { Log } from './log.ts';
import type { Refusals } from './refusals.ts';
import type { Spool } from './store/spool.ts';
import { type Priority, priorities } from './store/spool-item.ts';

/** Events on their way through the gate into the spool; one that the hub would refuse is refused here, counted and logged. */
export class EventPath {
  readonly #gate: Pick<Gate, 'admitEvent'>;
  readonly #spool: Spool;
  readonly #refusals: Refusals;
  readonly #log: Log;

  constructor(gate: Pick<Gate, 'admitEvent'>, spool: Spool, refusals: Refusals, log: Log) {
    this.#gate = gate;
    this.#spool = spool;
    this.#refusals = refusals;
    this.#log = log;
  }

  finding(finding: Finding): void {
    this.#append(
      'finding',
      encodeEvent('finding', this.#gate.admitEvent(finding)),
      priorities.finding,
      finding.detectedAtUnixMs,
    );
  }

  change(change: Change): void {
    this.#append('change', encodeEvent('change', this.#gate.admitEvent(change)), priorities.change, change.atUnixMs);
  }

  health(health: Health): void {
    this.#append('health', encodeEvent('health', this.#gate.admitEvent(health)), priorities.health, health.atUnixMs);
  }

  #append(kind: string, encoded: ReturnType<typeof encodeEvent>, priority: Priority, atUnixMs: number): void {
    if (!encoded.ok) {
      this.#refusals.count(`event-${encoded.reason}`);
      this.#log.error('EVENT_REFUSED', 'an event of ours does not keep to its schema', {
        kind,
        detail: encoded.detail,
      });
      return;
    }
    this.#spool.append({
      class: 'event',
      kind,
      schema: `${kind}/1`,
      priority,
      rows: 1,
      fromUnixMs: atUnixMs,
      toUnixMs: atUnixMs,
      payload: encoded.value,
    });
  }
}
