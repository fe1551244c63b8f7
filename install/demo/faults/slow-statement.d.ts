export declare const slowStatement: import("./fault.ts").Fault;
