import { completableCommands, completableGlobals, type CompletableCommand, type CompletableOption } from './completion-words.ts';
import type { Command, Completion } from './define-command.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function isShell(word: string): word is Shell {
  return (shells as readonly string[]).includes(word);
}

/** The script that teaches `shell` to complete rootcellar's command lines. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  const completable = completableCommands(commands);
  switch (shell) {
    case 'bash':
      return bashScript(completable);
    case 'zsh':
      // zsh runs bash's completion functions itself.
      return `autoload -Uz bashcompinit && bashcompinit\n${bashScript(completable)}`;
    case 'fish':
      return fishScript(completable);
  }
}

function bashScript(commands: readonly CompletableCommand[]): string {
  const globals = completableGlobals();
  return `# rootcellar completion for bash (and, through bashcompinit, zsh)
_rootcellar() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in
      ${valueFlags([...globals, ...commands.flatMap(({ options }) => options)]).join('|')}) ((index++)) ;;
      -*) ;;
      *) if [[ -z "$command" ]]; then command="$word"; elif [[ "$command" == config ]]; then command="config $word"; fi ;;
    esac
  done
  case "$command:$previous" in
${bashValueCases(commands, globals)}
  esac
  if [[ "$current" == -* ]]; then
    local options=${quoted(globals.map(({ flag }) => flag).join(' '))}
    case "$command" in
${commands.map(({ name, options }) => `      ${quoted(name)}) options="$options ${options.map(({ flag }) => flag).join(' ')}" ;;`).join('\n')}
    esac
    COMPREPLY=($(compgen -W "$options" -- "$current"))
    return
  fi
  case "$command" in
    "") COMPREPLY=($(compgen -W ${quoted(firstWords(commands).join(' '))} -- "$current")) ;;
    config) COMPREPLY=($(compgen -W ${quoted(secondWords(commands, 'config').join(' '))} -- "$current")) ;;
${commands.map(({ name, firstArgument }) => `    ${quoted(name)}) ${bashReply(firstArgument)} ;;`).join('\n')}
  esac
}
complete -F _rootcellar rootcellar`;
}

function bashValueCases(commands: readonly CompletableCommand[], globals: readonly CompletableOption[]): string {
  const own = commands.flatMap(({ name, options }) => options.map((option) => [quoted(name), option] as const));
  const all = [...own, ...globals.map((option) => ['*', option] as const)];
  return all
    .filter(([, { value }]) => value !== undefined)
    .map(([command, { flag, value }]) => `    ${command}:${flag}) ${bashReply(value ?? 'none')}; return ;;`)
    .join('\n');
}

function bashReply(completion: Completion): string {
  if (completion === 'none') return 'COMPREPLY=()';
  if (completion === 'folder') return 'COMPREPLY=($(compgen -d -- "$current"))';
  if (completion === 'file') return 'COMPREPLY=($(compgen -f -- "$current"))';
  return `COMPREPLY=($(compgen -W ${quoted(completion.join(' '))} -- "$current"))`;
}

function fishScript(commands: readonly CompletableCommand[]): string {
  const lines = ['# rootcellar completion for fish', 'complete -c rootcellar -f'];
  for (const first of firstWords(commands)) {
    const summary = commands.find(({ name }) => name === first)?.summary ?? 'Look at the configuration';
    lines.push(`complete -c rootcellar -n __fish_use_subcommand -a ${first} -d ${quoted(summary)}`);
  }
  for (const { name, summary, options, firstArgument } of commands) {
    const [first = '', second] = name.split(' ');
    const here =
      second === undefined
        ? `__fish_seen_subcommand_from ${first}`
        : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`;
    if (second !== undefined) {
      const others = secondWords(commands, first).join(' ');
      lines.push(
        `complete -c rootcellar -n ${quoted(`__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${others}`)} -a ${second} -d ${quoted(summary)}`,
      );
    }
    for (const option of options) lines.push(fishOption(option, quoted(here)));
    if (firstArgument !== 'none') lines.push(`complete -c rootcellar -n ${quoted(here)} ${fishValue(firstArgument, '')}`);
  }
  return [...lines, ...completableGlobals().map((option) => fishOption(option, undefined))].join('\n');
}

function fishOption({ flag, summary, value }: CompletableOption, condition: string | undefined): string {
  const where = condition === undefined ? '' : ` -n ${condition}`;
  const takes = value === undefined ? '' : ` ${fishValue(value, '-x')}`;
  return `complete -c rootcellar${where} -l ${flag.slice(2)} -d ${quoted(summary)}${takes}`;
}

function fishValue(completion: Completion, bare: string): string {
  if (completion === 'none') return bare;
  if (completion === 'folder') return `${bare} -a '(__fish_complete_directories)'`.trim();
  return completion === 'file' ? '-r -F' : `${bare} -a ${quoted(completion.join(' '))}`.trim();
}

function valueFlags(options: readonly CompletableOption[]): string[] {
  return [...new Set(options.filter(({ value }) => value !== undefined).map(({ flag }) => flag))];
}

function firstWords(commands: readonly CompletableCommand[]): string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name))];
}

function secondWords(commands: readonly CompletableCommand[], first: string): string[] {
  return commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name.slice(first.length + 1));
}

/** One word for any of the shells: in single quotes, inside which only the quote itself is special. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
