/** One file of the agent's folder inside the binary. */
export interface PackedFile {
  /** Below the program's folder, with slashes. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the file as it is on disk, in hex. */
  readonly sha256: string;
  readonly isCompressed: boolean;
}

/** What `build-binary.ts` puts in, and `launch.ts` takes out. */
export interface PackedProgram {
  /** Version and digest of all files: another build is another folder. */
  readonly id: string;
  readonly files: readonly PackedFile[];
}

/** The asset that holds the `PackedProgram` as JSON; the others are named by their path. */
export const PACKED_PROGRAM_ASSET = 'packed-program.json';

/** The command by which the binary is the child that reads the inventory; nobody else has a use for it. */
export const INVENTORY_WORD = 'inventory-child';
