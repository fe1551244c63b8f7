import { AgentError } from '../errors.ts';
import type { Command } from './command.ts';

/** Shell completion of commands and their options, made from the same table as the help. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    about: 'print a completion script: bash or zsh',
    options: {},
    help: ['bash | zsh       as in: source <(airis-agent completion bash)'],
    positionals: true,
    async run(_, [shell = 'bash'], { out }) {
      if (shell !== 'bash' && shell !== 'zsh') throw new AgentError('USAGE', `shell ${shell}`, 'say bash or zsh');
      out(script(commands(), shell === 'zsh'));
      return 0;
    },
  };
}

function script(commands: readonly Command[], isZsh: boolean): string {
  const cases = commands.map(({ name, options }) => {
    const flags = [...Object.keys(options), 'dir', 'json', 'help'].map((option) => `--${option}`);
    return `    *:${name}) words="${flags.join(' ')}" ;;`;
  });
  return [
    ...(isZsh ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_airis_agent() {',
    '  local words="" at="$COMP_CWORD" current="$2"',
    '  case "$at:$(echo $COMP_LINE | cut -d" " -f2)" in',
    `    1:*) words="${commands.map(({ name }) => name).join(' ')}" ;;`,
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -F _airis_agent airis-agent',
  ].join('\n');
}
