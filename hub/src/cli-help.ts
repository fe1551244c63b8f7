import type { Command } from './commands/command.ts';
import { environmentNameOf, flagOf, hubConfig, type SettingKey, settingKeys } from './config.ts';

export function overallHelp(commands: readonly Command[]): string {
  return [
    'airis-hub <command> [options]',
    '',
    ...commands.map((command) => `  ${command.name.padEnd(12)}${command.about}`),
    `  ${'completion'.padEnd(12)}a completion script: source <(airis-hub completion)`,
    '',
    'Every command has --help and --json. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.',
    '',
  ].join('\n');
}

export function commandHelp(command: Command): string {
  const options = Object.entries(command.options).map(([name, option]) =>
    line(option.type === 'string' ? `${name} VALUE` : name, option.about),
  );
  const settings = settingKeys.map((key) =>
    line(
      `${flagOf(key)}${isFlag(key) ? '' : ' VALUE'}`,
      `${hubConfig.shape[key].description ?? ''} [${environmentNameOf(key)}]`,
    ),
  );
  return [
    ...command.usage.map((usage) => `airis-hub ${command.name} ${usage}`.trimEnd()),
    `  ${command.about}`,
    '',
    ...options,
    line('json', 'answer in JSON'),
    line('config FILE', 'settings file (default: hub.yaml in the data folder)'),
    '',
    'Settings (flags win over the environment, that over the file):',
    ...settings,
    '',
  ].join('\n');
}

/** Settings that are true by being there. */
export function isFlag(key: SettingKey): boolean {
  return key === 'acceptUnverifiedDurability';
}

/** For bash, and for zsh with `bashcompinit`. */
export function completionScript(commands: readonly Command[]): string {
  const options = (command: Command) =>
    [...Object.keys(command.options), 'json', 'help', 'config', ...settingKeys.map(flagOf)]
      .map((name) => `--${name}`)
      .join(' ');
  return [
    '_airis_hub() {',
    `  local current="\${COMP_WORDS[COMP_CWORD]}"`,
    `  case "\${COMP_WORDS[1]}" in`,
    ...commands.map(
      (command) => `    ${command.name}) COMPREPLY=($(compgen -W "${options(command)}" -- "$current"));;`,
    ),
    '  esac',
    `  if [ "$COMP_CWORD" = 1 ]; then COMPREPLY=($(compgen -W "${commands.map((command) => command.name).join(' ')} completion" -- "$current")); fi`,
    '}',
    'complete -o default -F _airis_hub airis-hub',
    '',
  ].join('\n');
}

const line = (name: string, about: string): string => `  --${name.padEnd(32)}${about}`;
