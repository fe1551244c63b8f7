import type { Bilingual } from '@airis/protocol';
import type { TierName } from './faults/fault.ts';
/** The shop as the console shows it. */
export interface ShopReport {
    readonly tiers: readonly TierReport[];
    readonly load: {
        readonly requestsPerSecond: number;
        readonly phase: Bilingual;
    };
}
export interface TierReport {
    readonly name: TierName;
    readonly entity: string;
    readonly title: Bilingual;
    /** `nginx/1.22.1`, `Apache Tomcat/10.1`, … */
    readonly program: string;
    readonly isStandIn: boolean;
    /** Why the real program is not used, and what to install. */
    readonly standInReason: Bilingual | null;
    readonly state: 'starting' | 'running' | 'stopped';
    readonly url: string | null;
}
