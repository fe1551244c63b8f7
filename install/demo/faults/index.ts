import { cpuBurn } from './cpu-burn.ts';
import type { Fault } from './fault.ts';
import { lockHeld } from './lock-held.ts';
import { memoryLeak } from './memory-leak.ts';
import { networkTrouble } from './network-trouble.ts';
import { poolExhausted } from './pool-exhausted.ts';
import { quotaFilling } from './quota-filling.ts';
import { slowStatement } from './slow-statement.ts';
import { upstreamDown } from './upstream-down.ts';

/** Every way to break the shop, in the order of its tiers. */
export const faults: readonly Fault[] = [
  upstreamDown,
  quotaFilling,
  networkTrouble,
  cpuBurn,
  memoryLeak,
  poolExhausted,
  slowStatement,
  lockHeld,
];
