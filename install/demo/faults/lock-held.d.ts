export declare const lockHeld: import("./fault.ts").Fault;
