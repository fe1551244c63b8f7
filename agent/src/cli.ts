#!/usr/bin/env -S node --conditions=airis-source
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nearestKey } from '@airis/protocol';
import { type Command, type CommandContext, type Flags, sharedOptions } from './commands/command.ts';
import { completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { enrollCommand } from './commands/enroll.ts';
import { jvmCommand } from './commands/jvm.ts';
import { modelsCommand } from './commands/models.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { uninstallCommand } from './commands/uninstall.ts';
import { AgentError } from './errors.ts';
import { becomeSmall } from './small-process.ts';
import { AGENT_VERSION } from './version.ts';

const commands: readonly Command[] = [
  enrollCommand,
  runCommand,
  statusCommand,
  doctorCommand,
  modelsCommand,
  jvmCommand,
  uninstallCommand,
  completionCommand(() => commands),
];

/** Codes of wrong usage or configuration; any other failure is 1. */
const usageCodes = new Set(['USAGE', 'CONFIG_INVALID', 'CONFIG_UNREADABLE', 'ENROL_TOKEN_INVALID']);

/** Runs one command line. @returns exit code: 0 done, 1 failed, 2 wrong usage or configuration */
export async function runCli(words: readonly string[], context: CommandContext): Promise<number> {
  const wantsJson = words.includes('--json');
  try {
    return await dispatch(words, context);
  } catch (error) {
    const failure = asAgentError(error);
    const { code, message, hint } = failure;
    context.err(
      wantsJson ? `${JSON.stringify({ error: { code, message, hint } })}\n` : `${code}: ${message}\n  ${hint}\n`,
    );
    return usageCodes.has(code) ? 2 : 1;
  }
}

async function dispatch([name, ...rest]: readonly string[], context: CommandContext): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    context.out(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    context.out(AGENT_VERSION);
    return 0;
  }
  const command = commands.find((one) => one.name === name);
  if (command === undefined) {
    const names = commands.map((one) => one.name);
    const nearest = nearestKey(name, names);
    const hint = nearest === null ? `commands: ${names.join(', ')}` : `did you mean ${nearest}?`;
    throw new AgentError('USAGE', `unknown command ${name}`, hint);
  }
  const { flags, positionals } = parsed(command, rest);
  if (flags.help === true) {
    context.out(helpOf(command));
    return 0;
  }
  return command.run(flags, positionals, context);
}

function parsed(command: Command, rest: readonly string[]): { flags: Flags; positionals: string[] } {
  const options = { ...sharedOptions, ...command.options };
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options,
      allowPositionals: command.positionals ?? false,
    });
    return { flags: values, positionals };
  } catch (cause) {
    const unknown = rest.find((word) => word.startsWith('--') && !(word.slice(2).split('=')[0]! in options));
    const nearest = unknown === undefined ? null : nearestKey(unknown.slice(2), Object.keys(options));
    const hint = nearest === null ? `see airis-agent ${command.name} --help` : `did you mean --${nearest}?`;
    throw new AgentError('USAGE', cause instanceof Error ? cause.message : String(cause), hint, { cause });
  }
}

const overview = (): string =>
  [
    `airis-agent ${AGENT_VERSION}`,
    '',
    'usage: airis-agent COMMAND [options]',
    '',
    ...commands.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`),
    '',
    'every command has --help and --json; --dir D is the folder of this agent (default $AIRIS_DATA_DIR/agent)',
  ].join('\n');

const helpOf = ({ name, about, help }: Command): string =>
  [
    `airis-agent ${name}: ${about}`,
    '',
    ...help.map((line) => `  ${line}`),
    "  --dir D          the agent's folder (default $AIRIS_DATA_DIR/agent, else ./.airis/agent)",
    '  --json           machine-readable output',
    '  --help           this text',
  ].join('\n');

function asAgentError(error: unknown): { code: string; message: string; hint: string } {
  if (error instanceof AgentError) return error;
  // A bug: the stack is what helps.
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'UNEXPECTED', message: stack, hint: 'this is a defect; please report it with these lines' };
}

/** Whether this file is the program, and not imported by a test. */
const isProgram = process.argv[1] !== undefined && fileURLToPath(import.meta.url) === realpathSync(process.argv[1]);
if (isProgram) {
  // Spool, local store and identity are for the agent's own user, whatever folder they lie in.
  process.umask(0o077);
  if (process.argv[2] === runCommand.name) becomeSmall();
  const code = await runCli(process.argv.slice(2), {
    environment: process.env,
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(text),
  });
  // Nothing of a finished command may keep the process alive.
  process.exit(code);
}
