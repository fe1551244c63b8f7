export declare const networkTrouble: import("./fault.ts").Fault;
