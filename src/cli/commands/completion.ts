import { wrongUsage } from '../../foundation/failure.ts';
import { completionScript, isShell, shells } from '../completion-script.ts';
import { defineCommand } from '../define-command.ts';

export const completionCommand = defineCommand({
  name: 'completion',
  summary: 'Print the completion script of a shell',
  description:
    'Prints a script that lets the shell complete commands, options, settings and their values. It does not speak to a server or a bucket.',
  arguments: { shell: { summary: shells.join(', '), isRequired: true, completes: shells } },
  examples: [
    { line: 'source <(rootcellar completion bash)', summary: 'in ~/.bashrc' },
    { line: 'source <(rootcellar completion zsh)', summary: 'in ~/.zshrc, after compinit' },
    { line: 'rootcellar completion fish > ~/.config/fish/completions/rootcellar.fish', summary: 'once, for fish' },
  ],
  exits: [],
  run: async ({ shell }) => {
    if (!isShell(shell))
      throw wrongUsage(`Cannot print a completion script: "${shell}" is not one of ${shells.join(', ')}`, `name one of them`);
    // Late, because the list holds this command too.
    const { allCommands } = await import('../all-commands.ts');
    return { shell, script: completionScript(shell, allCommands) };
  },
  render: ({ script }) => script,
});
