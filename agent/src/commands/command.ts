import type { ParseArgsOptionsConfig } from 'node:util';

/** Values of parsed flags, as `node:util` gives them. */
export type Flags = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** What a command may touch; tests give their own. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  out(text: string): void;
  err(text: string): void;
}

export interface Command {
  readonly name: string;
  readonly about: string;
  readonly options: ParseArgsOptionsConfig;
  /** One line for each option beyond `--dir`, `--json` and `--help`. */
  readonly help: readonly string[];
  readonly positionals?: boolean;
  /** @returns exit code: 0 done, 1 failed */
  run(flags: Flags, words: readonly string[], context: CommandContext): Promise<number>;
}

/** Options that every command has. */
export const sharedOptions: ParseArgsOptionsConfig = {
  dir: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

export const textFlag = (flags: Flags, name: string): string | undefined => {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
};
