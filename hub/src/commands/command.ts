import type { ParseArgsConfig } from 'node:util';
import type { HubConfig } from '../config.ts';
import type { Log } from '../log.ts';

export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly about: string;
}

/** What a command gets: settings already read, and a way to answer. */
export interface CommandCall {
  readonly config: HubConfig;
  readonly log: Log;
  readonly positionals: readonly string[];
  option(name: string): string | undefined;
  isSet(name: string): boolean;
  /** Writes the answer to standard output: the value with `--json`, else the text. */
  answer(value: unknown, text: string): void;
}

/** One word after `airis-hub`. Adding one is this file's neighbour and a line in `index.ts`. */
export interface Command {
  readonly name: string;
  readonly about: string;
  /** Lines below `airis-hub <name>`: what may follow. */
  readonly usage: readonly string[];
  readonly options: Readonly<Record<string, CommandOption>>;
  /** @returns the exit code: 0 done, 1 failed */
  run(call: CommandCall): Promise<number>;
}

export type ArgumentOptions = NonNullable<ParseArgsConfig['options']>;
