import { type Fault, type ShopHands } from './faults/fault.ts';
/** A fault as the console shows it. */
export interface FaultState extends Omit<Fault, 'start'> {
    readonly active: boolean;
    readonly startedAtUnixMs: number | null;
    readonly stopsByItselfAtUnixMs: number | null;
}
export type FaultCode = 'DEMO_FAULT_UNKNOWN' | 'DEMO_FAULT_ACTIVE' | 'DEMO_FAULT_REFUSED' | 'DEMO_FAULT_FAILED';
export type FaultAnswer = {
    readonly ok: true;
    readonly fault: FaultState;
} | {
    readonly ok: false;
    readonly code: FaultCode;
    readonly detail: string;
};
/** Starts and stops faults, one at a time each; what is still broken at the end is mended. */
export interface FaultBoard extends AsyncDisposable {
    list(): readonly FaultState[];
    start(name: string): Promise<FaultAnswer>;
    /** Stopping what is not active is no error. */
    stop(name: string): Promise<FaultAnswer>;
}
export declare function createFaultBoard(faults: readonly Fault[], shop: ShopHands, say: (text: string) => void): FaultBoard;
