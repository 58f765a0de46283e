import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandLog } from '../command-log.ts';
import type { CommandOptions, CommandResult, CommandRunner } from '../command-runner.ts';
import { isFailure } from '../../foundation/failure.ts';
import { DocumentRuns } from './run-document.ts';

/** Prints what the test says, when it says so. */
class HeldRunner implements CommandRunner {
  readonly held: (() => void)[] = [];
  stdout = '{"is":"a document"}';
  stderr = '';
  end: Partial<CommandResult> = { exitCode: 0 };
  isHeld = false;

  async run(_: readonly string[], { onOutput }: CommandOptions): Promise<CommandResult> {
    if (this.isHeld) await new Promise<void>((resolve) => void this.held.push(resolve));
    await onOutput?.({ stream: 'stdout', bytes: Buffer.from(this.stdout) });
    await onOutput?.({ stream: 'stderr', bytes: Buffer.from(this.stderr) });
    // Heard as by the runner of real processes.
    const log = new CommandLog();
    log.add(Buffer.from(this.stderr));
    return { exitCode: undefined, killedBy: undefined, result: undefined, failure: log.failure, log: log.lines(), ...this.end };
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('DocumentRuns.run() runs four at once, lets 32 wait in their order, and refuses the next', async () => {
  const runner = new HeldRunner();
  runner.isHeld = true;
  const documents = new DocumentRuns(runner);
  const order: number[] = [];
  const asked = Array.from({ length: 36 }, (_, index) => documents.run(['list']).then(() => void order.push(index)));
  await settled();
  assert.equal(runner.held.length, 4);

  await assert.rejects(documents.run(['list']), {
    code: 'E_AGENT_BUSY',
    exitCode: 11,
    message: 'Cannot run list: 32 commands wait already for their turn at this agent',
  });
  while (order.length < 36) {
    runner.held.shift()?.();
    await settled();
    assert.ok(runner.held.length <= 4);
  }

  await Promise.all(asked);
  assert.deepEqual(
    order,
    Array.from({ length: 36 }, (_, index) => index),
  );
});

test('DocumentRuns.run() gives the document of exit codes 0 and 3, and rejects with what the command told otherwise', async () => {
  const runner = new HeldRunner();
  const documents = new DocumentRuns(runner);
  const failure = async (): Promise<readonly [string, string, number]> => {
    const error: unknown = await documents.run(['prune']).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(isFailure(error));
    return [error.code, error.message, error.exitCode];
  };

  assert.deepEqual(await documents.run(['prune']), { is: 'a document' });
  runner.end = { exitCode: 3 };
  assert.deepEqual(await documents.run(['prune']), { is: 'a document' });
  runner.end = { exitCode: 12 };
  runner.stderr = '{"event":"begin","step":"x"}\n{"event":"error","code":"E_WRONG_KEY","message":"Cannot open","exitCode":12}\n';
  assert.deepEqual(await failure(), ['E_WRONG_KEY', 'Cannot open', 12]);
  runner.stderr = '{"event":"error","code":"E_WRO';
  assert.deepEqual(await failure(), [
    'E_COMMAND_KILLED',
    'Cannot answer with what "prune" prints: it ended with exit code 12 without saying why',
    1,
  ]);
  runner.end = { killedBy: 'SIGKILL' };
  assert.deepEqual(await failure(), ['E_COMMAND_KILLED', 'Cannot answer with what "prune" prints: SIGKILL ended it without saying why', 1]);
});
