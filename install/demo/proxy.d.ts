/** What is wrong on the way; all zero is a good network. */
export interface NetworkTrouble {
    /** Added to each direction. */
    readonly latencyMs: number;
    /** 0..jitterMs more, evenly spread. */
    readonly jitterMs: number;
    /** 0..1: share of pieces that are lost and come again after the sender has waited. */
    readonly lossRatio: number;
}
/** A TCP proxy on loopback in user space: as a network between two tiers that can be made bad without root. */
export interface TcpProxy extends AsyncDisposable {
    /** `127.0.0.1:port`. */
    readonly address: string;
    setTrouble(trouble: NetworkTrouble): void;
}
export interface ProxyOptions {
    /** 0 takes a free one. */
    readonly port: number;
    readonly target: {
        readonly host: string;
        readonly port: number;
    };
}
export declare const GOOD_NETWORK: NetworkTrouble;
export declare function startProxy({ port, target }: ProxyOptions): Promise<TcpProxy>;
