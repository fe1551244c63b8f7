/** Senders told apart; all further ones share one allowance. */
const MAX_SENDERS = 1_000;
const OTHERS = '';
/** Seconds of allowance that may be owed: a connection hands over a whole chunk at once. */
const MAX_DEBT_SECONDS = 10;

interface Allowance {
  left: number;
  atMs: number;
}

/** Lines that each sender may send a second. Who pauses has one second's worth again, never more. */
export class SenderRates {
  readonly #perSecond: number;
  readonly #allowances = new Map<string, Allowance>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Takes one line; `false`, and nothing taken, where the allowance is used up. */
  take(sender: string, nowMs: number): boolean {
    const allowance = this.#of(sender, nowMs);
    if (allowance.left < 1) return false;
    allowance.left--;
    return true;
  }

  /** Takes lines that have come already: they are owed where there is no allowance left. */
  owe(sender: string, lines: number, nowMs: number): void {
    const allowance = this.#of(sender, nowMs);
    allowance.left = Math.max(allowance.left - lines, -MAX_DEBT_SECONDS * this.#perSecond);
  }

  mayGoOn(sender: string, nowMs: number): boolean {
    return this.#of(sender, nowMs).left >= 1;
  }

  #of(sender: string, nowMs: number): Allowance {
    const known = this.#allowances.get(sender);
    if (known === undefined) return this.#make(sender, nowMs);
    // A clock set back gives nothing, and does not take anything either.
    const gained = (Math.max(0, nowMs - known.atMs) / 1_000) * this.#perSecond;
    known.left = Math.min(this.#perSecond, known.left + gained);
    known.atMs = nowMs;
    return known;
  }

  #make(sender: string, nowMs: number): Allowance {
    if (this.#allowances.size >= MAX_SENDERS) this.#forgetIdle(nowMs);
    if (this.#allowances.size >= MAX_SENDERS && sender !== OTHERS) return this.#of(OTHERS, nowMs);
    const made = { left: this.#perSecond, atMs: nowMs };
    this.#allowances.set(sender, made);
    return made;
  }

  /** Whose allowance is whole again by now may be forgotten: it would begin with as much. */
  #forgetIdle(nowMs: number): void {
    for (const [sender, { left, atMs }] of this.#allowances) {
      const whole = left + ((nowMs - atMs) / 1_000) * this.#perSecond >= this.#perSecond;
      if (whole) this.#allowances.delete(sender);
    }
  }
}
