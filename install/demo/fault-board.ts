import { type Fault, FaultRefused, type ShopHands } from './faults/fault.ts';

/** A fault as the console shows it. */
export interface FaultState extends Omit<Fault, 'start'> {
  readonly active: boolean;
  readonly startedAtUnixMs: number | null;
  readonly stopsByItselfAtUnixMs: number | null;
}

export type FaultCode = 'DEMO_FAULT_UNKNOWN' | 'DEMO_FAULT_ACTIVE' | 'DEMO_FAULT_REFUSED' | 'DEMO_FAULT_FAILED';

export type FaultAnswer =
  | { readonly ok: true; readonly fault: FaultState }
  | { readonly ok: false; readonly code: FaultCode; readonly detail: string };

/** Starts and stops faults, one at a time each; what is still broken at the end is mended. */
export interface FaultBoard extends AsyncDisposable {
  list(): readonly FaultState[];
  start(name: string): Promise<FaultAnswer>;
  /** Stopping what is not active is no error. */
  stop(name: string): Promise<FaultAnswer>;
}

interface Running {
  readonly startedAtUnixMs: number;
  readonly breakage: AsyncDisposable;
  readonly timer: NodeJS.Timeout;
}

/** Nobody leaves the shop broken over night. */
const LONGEST_MS = 10 * 60_000;

export function createFaultBoard(faults: readonly Fault[], shop: ShopHands, say: (text: string) => void): FaultBoard {
  const running = new Map<string, Running>();
  /** Orders for one fault wait for each other; different faults do not. */
  const queues = new Map<string, Promise<unknown>>();

  function stateOf({ start: _, ...fault }: Fault): FaultState {
    const one = running.get(fault.name);
    return {
      ...fault,
      active: one !== undefined,
      startedAtUnixMs: one?.startedAtUnixMs ?? null,
      stopsByItselfAtUnixMs: one === undefined ? null : one.startedAtUnixMs + LONGEST_MS,
    };
  }

  function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (queues.get(name) ?? Promise.resolve()).then(work);
    queues.set(
      name,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async function begin(fault: Fault): Promise<FaultAnswer> {
    if (running.has(fault.name)) {
      return { ok: false, code: 'DEMO_FAULT_ACTIVE', detail: `${fault.name} is active already; stop it first` };
    }
    try {
      const breakage = await fault.start(shop);
      const timer = setTimeout(() => void board.stop(fault.name), LONGEST_MS);
      timer.unref();
      running.set(fault.name, { startedAtUnixMs: Date.now(), breakage, timer });
      say(`fault ${fault.name} started`);
      return { ok: true, fault: stateOf(fault) };
    } catch (cause) {
      return failed(cause instanceof FaultRefused ? 'DEMO_FAULT_REFUSED' : 'DEMO_FAULT_FAILED', fault, cause);
    }
  }

  async function end(fault: Fault): Promise<FaultAnswer> {
    const one = running.get(fault.name);
    if (one === undefined) return { ok: true, fault: stateOf(fault) };
    running.delete(fault.name);
    clearTimeout(one.timer);
    try {
      await one.breakage[Symbol.asyncDispose]();
      say(`fault ${fault.name} stopped`);
      return { ok: true, fault: stateOf(fault) };
    } catch (cause) {
      return failed('DEMO_FAULT_FAILED', fault, cause);
    }
  }

  function failed(code: FaultCode, fault: Fault, cause: unknown): FaultAnswer {
    const detail = cause instanceof Error ? cause.message : String(cause);
    say(`fault ${fault.name}: ${detail}`);
    return { ok: false, code, detail: `${fault.name}: ${detail}` };
  }

  function withFault(name: string, work: (fault: Fault) => Promise<FaultAnswer>): Promise<FaultAnswer> {
    const fault = faults.find((one) => one.name === name);
    if (fault !== undefined) return inTurn(name, () => work(fault));
    const known = faults.map((one) => one.name).join(', ');
    return Promise.resolve({
      ok: false,
      code: 'DEMO_FAULT_UNKNOWN',
      detail: `there is no fault "${name.slice(0, 80)}"; known are ${known}`,
    });
  }

  const board: FaultBoard = {
    list: () => faults.map(stateOf),
    start: (name) => withFault(name, begin),
    stop: (name) => withFault(name, end),
    async [Symbol.asyncDispose]() {
      await Promise.all([...running.keys()].map((name) => board.stop(name)));
    },
  };
  return board;
}
