/** Compiles `packet-ring.c` to `path`. @returns whether there is a compiler; one that fails throws. */
export declare function compilePacketRing(path: string): boolean;
