export declare const cpuBurn: import("./fault.ts").Fault;
