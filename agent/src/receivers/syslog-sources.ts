/** `syslog:<host>/<app>` kept apart; further ones share `syslog:other`. */
const SOURCE_LIMIT = 200;
/** Of them, by one sender: who invents names leaves room for others. A relay that sends for many is bounded by it too. */
const SOURCES_OF_ONE_SENDER = 100;
/** A source that said nothing for so long gives its place up when another needs it. */
const IDLE_MS = 15 * 60_000;

interface Seen {
  readonly sender: string;
  atMs: number;
}

/** Which sources of syslog have a name of their own. Names come from outside, so places are few and not for ever. */
export class SyslogSources {
  /** The longest unseen first. */
  readonly #seen = new Map<string, Seen>();

  admit(source: string, sender: string, nowMs: number): boolean {
    const known = this.#seen.get(source);
    if (known === undefined && !this.#hasPlaceFor(sender, nowMs)) return false;
    this.#seen.delete(source);
    this.#seen.set(source, { sender: known?.sender ?? sender, atMs: nowMs });
    return true;
  }

  #hasPlaceFor(sender: string, nowMs: number): boolean {
    let ofSender = 0;
    for (const seen of this.#seen.values()) if (seen.sender === sender) ofSender++;
    if (ofSender >= SOURCES_OF_ONE_SENDER) return this.#release((seen) => seen.sender === sender, nowMs);
    return this.#seen.size < SOURCE_LIMIT || this.#release(() => true, nowMs);
  }

  /** Frees the place of the longest unseen, if it is long enough. */
  #release(isOf: (seen: Seen) => boolean, nowMs: number): boolean {
    for (const [source, seen] of this.#seen) {
      if (!isOf(seen)) continue;
      if (Math.abs(nowMs - seen.atMs) < IDLE_MS) return false;
      return this.#seen.delete(source);
    }
    return false;
  }
}
