/** One line (or joined stack trace) as read on the host. Whether it may leave, and how masked, the gate decides. */
export interface LogLine {
  /** Path of the file, or `journal:<unit>`. */
  readonly source: string;
  /** From the line where it says so, else when it was read. */
  readonly timeUnixMs: number;
  /** OpenTelemetry severity number, 0 where unknown. */
  readonly severity: number;
  readonly text: string;
}

export interface LogSink {
  /** `false` when full: the receiver keeps its place and offers the line again with the next poll. */
  accept(line: LogLine): boolean;
}

/** Where receivers remember how far they read; the value is theirs alone. */
export interface PositionStore {
  load(source: string): string | null;
  save(source: string, position: string): void;
}
