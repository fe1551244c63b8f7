#!/usr/bin/env -S node --conditions=airis-source
import { parseArgs } from 'node:util';
import { nearestKey } from '@airis/protocol';
import { commandHelp, completionScript, isFlag, overallHelp } from './cli-help.ts';
import type { ArgumentOptions, Command } from './commands/command.ts';
import { commands } from './commands/index.ts';
import { unknownWord, usageError } from './commands/usage-error.ts';
import { flagOf, readConfig, settingKeys, unusedSettings } from './config.ts';
import { errorText, HubError } from './errors.ts';
import { createLog } from './log.ts';

// Telemetry, keys and backups are for the hub's own user, whatever folder they lie in; engines inherit this.
process.umask(0o077);
process.exitCode = await main(process.argv.slice(2));

/** Exit code 0 done, 1 failed, 2 wrong usage or configuration. */
async function main(args: readonly string[]): Promise<number> {
  const isJson = args.includes('--json');
  try {
    return await run(args, isJson);
  } catch (thrown) {
    report(thrown, isJson);
    return thrown instanceof HubError && ['USAGE', 'CONFIG_INVALID'].includes(thrown.code) ? 2 : 1;
  }
}

async function run([name, ...rest]: readonly string[], isJson: boolean): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overallHelp(commands));
    return name === undefined ? 2 : 0;
  }
  if (name === 'completion') {
    process.stdout.write(completionScript(commands));
    return 0;
  }
  const command = commands.find((each) => each.name === name);
  if (command === undefined)
    throw unknownWord(
      name,
      commands.map((each) => each.name),
      'command',
    );
  const { values, positionals } = parse(command, rest);
  if (values.help === true) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  const config = readConfig({ flags: values, environment: process.env });
  const log = createLog(config.logLevel);
  for (const setting of unusedSettings(config))
    log.warn('CONFIG_UNUSED', `${setting} is set, but this version does not use it`);
  return await command.run({
    config,
    log,
    positionals,
    option: (option) => (typeof values[option] === 'string' ? values[option] : undefined),
    isSet: (option) => values[option] === true,
    answer: (value, text) => process.stdout.write(isJson ? `${JSON.stringify(value)}\n` : `${text}\n`),
  });
}

function parse(
  command: Command,
  args: readonly string[],
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  const options: ArgumentOptions = {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    config: { type: 'string' },
    ...Object.fromEntries(
      settingKeys.map((key) => [flagOf(key), { type: isFlag(key) ? ('boolean' as const) : ('string' as const) }]),
    ),
    ...Object.fromEntries(Object.entries(command.options).map(([name, option]) => [name, { type: option.type }])),
  };
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const values = Object.entries(parsed.values).filter(
      (entry): entry is [string, string | boolean] => !Array.isArray(entry[1]),
    );
    return { values: Object.fromEntries(values), positionals: parsed.positionals };
  } catch (cause) {
    const unknown = /Unknown option '--?([^'\s]+)/.exec(errorText(cause))?.[1];
    const nearest = unknown === undefined ? null : nearestKey(unknown, Object.keys(options));
    const hint = `see airis-hub ${command.name} --help`;
    if (unknown === undefined) throw usageError(errorText(cause), hint);
    throw usageError(`unknown option --${unknown}${nearest === null ? '' : `; did you mean --${nearest}?`}`, hint);
  }
}

/** The one place where an error ends the program: said once, with what to do about it. */
function report(thrown: unknown, isJson: boolean): void {
  const known = thrown instanceof HubError ? thrown : null;
  if (isJson) {
    process.stderr.write(
      `${JSON.stringify({ code: known?.code ?? 'BUG', message: errorText(thrown), hint: known?.hint ?? null })}\n`,
    );
    return;
  }
  if (known !== null) process.stderr.write(`airis-hub: ${known.message}\n  ${known.hint} [${known.code}]\n`);
  else
    process.stderr.write(
      `airis-hub: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : errorText(thrown)}\n`,
    );
}
