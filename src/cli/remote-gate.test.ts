import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { serveAgent } from '../../test/harness/agent-api.ts';
import { EchoRunner } from '../../test/harness/example-agent.ts';
import { commandEvents } from '../../test/harness/stream-events.ts';
import { includesRole, roles, type Role } from '../agent/http/command-gate.ts';
import { settings } from '../config/settings.ts';
import { isFailure } from '../foundation/failure.ts';
import { allCommands } from './all-commands.ts';
import { optionFlag, type Command } from './define-command.ts';
import { bareLook } from './look.ts';
import { parseCommandLine } from './parse-command-line.ts';
import { remoteGate } from './remote-gate.ts';
import { remoteRules } from './remote-rules.ts';

/** What each command is for, from the point of view of those who let others in: a change here is a decision. */
const byRole: Readonly<Record<Role | 'refused', string>> = {
  viewer: 'list, show, ls, diff, stats, keys report, key list, status, runs, explain, policy, version',
  operator:
    'init, backup, drill, verify, repair config, repair index, repair packs, repair snapshots, pin, unpin, forget, prune, copy, doctor, audit',
  restorer:
    'cat, fetch, restore, roll-back, initialize, key remove, entry find, entry show, entry history, entry diff, entry undo, entry restore, entry revert',
  refused: 'archive, rebuild, key add, key change, agent, trigger, config show, config settings, config schema, completion',
};

/** A command line of the command that does what it is for. */
function wordsOf(command: Command): string[] {
  const needed = Object.entries(command.options).filter(([name, { isRequired }]) => isRequired === true || name === 'yes');
  const options = needed.map(([name, { type }]) => (type === 'flag' ? optionFlag(name) : `${optionFlag(name)}=x`));
  const words = Object.values(command.arguments).filter(({ isRequired }) => isRequired === true);
  return [...command.name.split(' '), ...options, ...words.map(({ completes }) => (Array.isArray(completes) ? String(completes[0]) : 'x'))];
}

function roleOf(words: readonly string[]): Role | 'refused' {
  try {
    return remoteGate.admit(words).role;
  } catch (error) {
    assert.ok(isFailure(error, 'E_COMMAND_NOT_REMOTE'), String(error));
    return 'refused';
  }
}

describe('remoteRules', () => {
  for (const command of allCommands) {
    test(`have the decided role for ${command.name}`, () => {
      const [decided] = Object.entries(byRole).find(([, names]) => names.split(', ').includes(command.name)) ?? [];

      assert.ok(command.name in remoteRules, 'say in remote-rules.ts who may have an agent run it');
      assert.equal(roleOf(wordsOf(command)), decided);
    });
  }

  test('let nobody name a file or folder of the agent’s machine, but where fetch writes to', () => {
    const places = allCommands.flatMap((command) => {
      const options = Object.entries(command.options).filter(([, { completes }]) => completes === 'file' || completes === 'folder');
      return options.map(([name]) => [command, name] as const);
    });
    const open = places.filter(([command, name]) => roleOf([...wordsOf(command), `${optionFlag(name)}=x`]) !== 'refused');

    assert.ok(places.length > 8);
    assert.deepEqual(
      open.map(([command, name]) => `${command.name} ${name}`),
      ['fetch to'],
    );
    assert.equal(roleOf(['fetch', 'latest', '--to', 'x']), 'restorer');
  });

  test('show what would be done to those who may not do it', () => {
    const plans = [['forget'], ['prune'], ['restore', 'latest', '--plan'], ['roll-back', '--plan'], ['initialize', '--plan']];

    assert.deepEqual(plans.map(roleOf), ['viewer', 'viewer', 'operator', 'operator', 'operator']);
    // Without --plan it would ask, and there is nobody to ask.
    assert.equal(roleOf(['restore', 'latest']), 'restorer');
    // The comparison names entries.
    assert.equal(roleOf(['restore', 'latest', '--plan', '--compare']), 'restorer');
  });
});

describe('remoteGate.admit()', () => {
  test('refuses the flag of every setting, wherever it stands', () => {
    for (const { flag, kind } of settings) {
      const words = kind === 'boolean' ? [flag] : [flag, '1'];
      for (const line of [
        ['list', ...words],
        [...words, 'list'],
      ]) {
        assert.throws(() => remoteGate.admit(line), { code: 'E_COMMAND_NOT_REMOTE', exitCode: 2 }, line.join(' '));
      }
    }
  });

  test('passes on whatever words it takes as the same command with the same input, and no setting with them', () => {
    const flags = allCommands.flatMap(({ options }) => Object.keys(options).map(optionFlag));
    const word = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom('latest', 'x', '--', '--json', '-', '', 'a,b', '--=', '7', '30d', '1.5s', 'today/7', ...flags),
      },
      { weight: 2, arbitrary: fc.constantFrom(...settings.map(({ flag }) => flag), '--config', '--agent=x', '--config=/etc/passwd') },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...flags), fc.string()).map((both) => both.join('=')) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    );
    const line = fc.tuple(fc.constantFrom(...allCommands.map(({ name }) => name)), fc.array(word, { maxLength: 6 }));
    let admitted = 0;

    fc.assert(
      fc.property(line, ([name, more]) => {
        const given = [...name.split(' '), ...more];
        let command;
        try {
          command = remoteGate.admit(given);
        } catch (error) {
          assert.ok(isFailure(error, 'E_COMMAND_NOT_REMOTE') || isFailure(error, 'E_USAGE'), String(error));
          return;
        }
        admitted += 1;
        const before = parseCommandLine(given, allCommands, bareLook);
        const after = parseCommandLine([...command.manner, ...command.words], allCommands, bareLook);
        assert.deepEqual(after, before);
        assert.ok(after.kind === 'run' && Object.keys(after.flags).length === 0 && after.configFile === undefined);
      }),
      { numRuns: 800 },
    );
    assert.ok(admitted > 50, `${admitted} were admitted`);
  });
});

test('the API runs each command for the roles that may, and for no other', async () => {
  const runner = new EchoRunner();
  await using served = await serveAgent({ runner });
  const message = async (answer: Response): Promise<unknown> => ((await answer.json()) as { message: string }).message;

  for (const command of allCommands) {
    const words = wordsOf(command);
    const needed = roleOf(words);
    for (const role of roles) {
      runner.asked.length = 0;
      const answer = await served.ask('/api/v1/commands', { role, body: { words } });
      if (needed === 'refused') {
        assert.equal(answer.status, 400, command.name);
        assert.match(String(await message(answer)), /^Cannot run it by way of an agent with "/);
      } else if (includesRole(role, needed)) {
        assert.equal(answer.status, 200, command.name);
        assert.deepEqual((await Array.fromAsync(commandEvents(answer))).at(-1), { kind: 'end', exitCode: 0, killedBy: null });
      } else {
        assert.equal(answer.status, 403, command.name);
        assert.equal(await message(answer), `Cannot run "${command.name}": it needs the role ${needed}, and who asks has the role ${role}`);
      }
      assert.equal(runner.asked.length, answer.status === 200 ? 1 : 0);
    }
  }
});
