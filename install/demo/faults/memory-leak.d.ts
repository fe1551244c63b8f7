export declare const memoryLeak: import("./fault.ts").Fault;
