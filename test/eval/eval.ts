/** A use of the command line that is wrong: shown as it is, exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** One part of the product that has a quality to measure on labelled data. A new one is a file beside this and a line in `index.ts`. */
export interface Eval {
  readonly name: string;
  readonly usage: string;
  /** `print` takes one line for a person. Labels are never read here. */
  run(args: readonly string[], print: (line: string) => void): Promise<void>;
}

export const defineEval = (definition: Eval): Eval => definition;

/** Text of every known flag; an unknown, repeated or missing one is a usage error. */
export function readFlags<R extends string, O extends string = never>(
  args: readonly string[],
  required: readonly R[],
  optional: readonly O[] = [],
): Record<R, string> & Partial<Record<O, string>> {
  const known: readonly string[] = [...required, ...optional];
  const found = new Map<string, string>();
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i]!.replace(/^--/, '');
    const value = args[i + 1];
    if (!known.includes(name))
      throw new UsageError(`unknown flag ${args[i]}: known are ${known.map((one) => `--${one}`).join(', ')}`);
    if (value === undefined || found.has(name)) throw new UsageError(`--${name} needs one value`);
    found.set(name, value);
  }
  for (const name of required) if (!found.has(name)) throw new UsageError(`--${name} is missing`);
  // Every required name was checked above, and only known names are in the map.
  return Object.fromEntries(found) as Record<R, string> & Partial<Record<O, string>>;
}
