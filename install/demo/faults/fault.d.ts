import type { Bilingual } from '@airis/protocol';
import type { Client } from 'pg';
import type { TcpProxy } from '../proxy.ts';
export type TierName = 'web' | 'was' | 'app' | 'database';
/** What the app can be told to do wrong, and to stop doing. */
export interface AppOrder {
    readonly fault: 'cpu-burn' | 'memory-leak' | 'pool-leak' | 'slow-statement';
    readonly on: boolean;
}
/** All that a fault may lay hands on. Nothing here needs root, nothing reaches beyond the shop. */
export interface ShopHands {
    tellApp(order: AppOrder): Promise<void>;
    /** Held down until the returned thing is disposed; the supervisor does not bring it back meanwhile. */
    holdDown(tier: TierName): Promise<AsyncDisposable>;
    /** The way between WAS and app. */
    readonly network: Pick<TcpProxy, 'setTrouble'>;
    /** A session of its own at the database; `null` where a stand-in has none. */
    connect(applicationName: string): Promise<Client | null>;
    readonly uploads: {
        readonly folder: string;
        readonly quotaBytes: number;
    };
}
/** A way to break the shop. A new one is a file beside this and a line in `index.ts`. */
export interface Fault {
    readonly name: string;
    readonly title: Bilingual;
    readonly description: Bilingual;
    /** Entity that a right root cause names first. */
    readonly target: string;
    readonly tier: TierName | 'network';
    /** Breaks it until disposed; throws a `FaultRefused` where it cannot be done here. */
    start(shop: ShopHands): Promise<AsyncDisposable>;
}
export declare const defineFault: (fault: Fault) => Fault;
/** Why a fault cannot be started here, for the person who asked. */
export declare class FaultRefused extends Error {
    readonly name = "FaultRefused";
}
/** For faults inside the app, which it keeps up by itself until told otherwise. */
export declare function orderApp(shop: ShopHands, fault: AppOrder['fault']): Promise<AsyncDisposable>;
