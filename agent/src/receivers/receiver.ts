import type { z } from 'zod';
import type { Host } from '../collectors/host.ts';
import type { Refusals } from '../refusals.ts';
import type { LogSink, PositionStore } from './log-line.ts';

export interface ReceiverParts {
  readonly host: Host;
  readonly sink: LogSink;
  readonly positions: PositionStore;
  /** What a receiver does not take it counts here, by reason. */
  readonly refusals: Refusals;
}

/** A source of log lines: followed files, the journal, a port that others send to. */
export interface Receiver extends AsyncDisposable {
  /** Hands over what is new; called every second, one call at a time. */
  poll(): void | Promise<void>;
  /** Paths, or `name:address`, that lines come from now. */
  sources(): string[];
}

/** Makes a receiver from unchecked configuration; the schema is part of the agent's configuration schema. */
export interface ReceiverDefinition {
  readonly name: string;
  readonly config: z.ZodType;
  /** @returns `null` where there is nothing to receive */
  start(parts: ReceiverParts, config: unknown): Promise<Receiver | null>;
}

export interface ReceiverSpec<C extends z.ZodType> {
  readonly name: string;
  readonly config: C;
  start(parts: ReceiverParts, config: z.output<C>): Promise<Receiver | null>;
}

export const defineReceiver = <C extends z.ZodType>(spec: ReceiverSpec<C>): ReceiverDefinition => ({
  name: spec.name,
  config: spec.config,
  start: (parts, input) => spec.start(parts, spec.config.parse(input ?? {})),
});
