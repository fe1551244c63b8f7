export declare const upstreamDown: import("./fault.ts").Fault;
