export declare const poolExhausted: import("./fault.ts").Fault;
