import type { AdmittedCommand, CommandGate } from '../agent/http/command-gate.ts';
import { exitCodes, Failure, wrongUsage } from '../foundation/failure.ts';
import { findSetting } from '../config/settings.ts';
import { allCommands } from './all-commands.ts';
import { commandWords } from './command-words.ts';
import { bareLook } from './look.ts';
import { parseCommandLine } from './parse-command-line.ts';
import { ruleFor, type RemoteRefusal } from './remote-rules.ts';

/** What the agent's API runs of the commands there are. */
export const remoteGate: CommandGate = { admit };

function admit(words: readonly string[]): AdmittedCommand {
  const parsed = parseCommandLine(words, allCommands, bareLook);
  if (parsed.kind === 'help') throw wrongUsage('Cannot run the command: the words ask for help', 'ask for help without an agent');
  const { command, input, flags, configFile, agentUrl, manner } = parsed;
  const [setting] = Object.keys(flags);
  if (setting !== undefined) throw refused(findSetting(setting)?.flag ?? setting, { refusal: 'the agent has settings of its own' });
  if (configFile !== undefined) throw refused('--config', { refusal: 'the agent has settings of its own' });
  if (agentUrl !== undefined) throw refused('--agent', { refusal: 'an agent passes nothing on to another' });
  const rule = ruleFor(command.name, input);
  if (typeof rule !== 'string') throw refused(command.name, rule);
  return { name: command.name, role: rule, words: commandWords(command, input), manner };
}

function refused(what: string, { refusal }: RemoteRefusal): Failure {
  return new Failure('E_COMMAND_NOT_REMOTE', `Cannot run it by way of an agent with "${what}": ${refusal}`, {
    exitCode: exitCodes.usage,
    hint: 'run it without an agent on the machine that it is about, or leave that out',
  });
}
