export declare const quotaFilling: import("./fault.ts").Fault;
