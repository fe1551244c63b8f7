import type { Fault } from './fault.ts';
/** Every way to break the shop, in the order of its tiers. */
export declare const faults: readonly Fault[];
