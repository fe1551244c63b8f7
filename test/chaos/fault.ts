import type { Load } from './load.ts';

/** One thing that goes wrong while load runs. */
export interface Fault {
  readonly name: string;
  readonly about: string;
  /** What the hub and the carriers are started with, beyond the defaults. */
  readonly setup?: FaultSetup;
  /** Does the harm. The load runs before, during and after; the hub must be up again when this returns. */
  readonly strike: (load: Load) => Promise<void>;
  /** What must hold beyond nothing lost and nothing duplicated; both return what is broken, in words. */
  readonly checkWhileUp?: (load: Load) => Promise<string[]>;
  readonly check?: (outcome: Outcome) => string[];
}

export interface FaultSetup {
  readonly hubEnv?: NodeJS.ProcessEnv;
  readonly spoolLimitBytes?: number;
  /** Size of the disk that each carrier's spool lies on; default the machine's. */
  readonly spoolDiskBytes?: number;
  /** Size of the disk that the hub's data lies on; default the machine's. Needs root to mount it. */
  readonly hubDiskBytes?: number;
}

/** In rows, over all carriers. */
export interface Outcome {
  readonly sent: number;
  readonly stored: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Rows that a full spool evicted and told of; never counted as lost. */
  readonly evicted: number;
  /** From the harm's end until something spooled after it was receipted. */
  readonly recoverySeconds: number;
}

export const defineFault = (fault: Fault): Fault => fault;
