import assert from 'node:assert/strict';
import type { RootcellarResult, RunningRootcellar } from '../harness/rootcellar.ts';
import { assertRefusal, type BadDays, meanwhile, type Operator, type Refusal, tasksUnderWay } from './bad-days.ts';

/** A step of a run that waits there until it is let go; what is awaited first is that the run has come to it. */
export interface Stop {
  readonly arrived: (running: RunningRootcellar) => Promise<void>;
  readonly release: () => Promise<void> | void;
}

export interface Step {
  readonly name: string;
  readonly stop: (days: BadDays) => Promise<Stop> | Stop;
  /** What a run says that is told to stop there; `done`: it is too late to stop, and the snapshot is made. */
  readonly says?: Refusal | 'done';
}

const cutOff: Refusal = {
  exitCode: 130,
  says: 'The backup of server "ds-0" was interrupted: no snapshot was made',
  hint: 'nothing of it is left; run it again when it may run',
};

/** Ends a run at a step, by a signal that it can hear or by one that it cannot. */
export async function endedAt(running: RunningRootcellar, stop: Stop, signal: 'SIGTERM' | 'SIGKILL'): Promise<RootcellarResult> {
  await meanwhile(running, stop.arrived(running));
  running.kill(signal);
  // What a dead process asked for is never heard; one that is told to stop may have to wait for an answer.
  if (signal === 'SIGKILL') await running.ended;
  else await running.prints(/told to stop/);
  await stop.release();
  return running.ended;
}

/**
 * Ends a backup at a step, first told to stop and then killed, and runs it again. Told to stop it must clean up and say the truth; killed it must
 * hinder nobody. All that was archived before, `good`, must stay whole. Resolves to what is archived then, newest first.
 */
export async function assertBackupEndsWell(
  days: BadDays,
  operator: Operator,
  {
    words,
    step: { stop, says = cutOff },
    good,
  }: { readonly words: readonly string[]; readonly step: Step; readonly good: readonly string[] },
): Promise<readonly string[]> {
  const rests = await operator.rests();
  const told = await endedAt(operator.spawn(words), await stop(days), 'SIGTERM');
  if (says === 'done') assert.equal(told.exitCode, 0);
  else assertRefusal(told, says);
  assert.equal(await tasksUnderWay(days), 0);
  assert.deepEqual(await operator.rests(), rests);
  const listed = (await operator.list()).map(({ id }) => id);
  assert.deepEqual(says === 'done' ? listed.slice(1) : listed, good);

  const killed = await endedAt(operator.spawn(words), await stop(days), 'SIGKILL');
  assert.equal(killed.endedBy, 'SIGKILL');
  const { stderr } = await operator.run(words);
  assert.doesNotMatch(stderr, /waiting/);
  assert.deepEqual(await operator.staged(), []);
  const now = await operator.verified();
  assert.deepEqual(now.slice(-listed.length), listed);
  return now;
}

/** Stops where the store is asked so, before it hears it or before its answer is heard; `after` so many that pass. */
export function atStore({ store }: BadDays, method: string, url: RegExp, what: 'request' | 'answer', after = 0): Stop {
  const [arrived, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  store.arm({ method, url, after, action: { kind: 'hold', what, reached: arrived.resolve, until: released.promise } });
  return { arrived: () => arrived.promise, release: released.resolve };
}

/** Stops where the directory server is asked or answers so. */
export function atGate({ arrived, release }: { readonly arrived: Promise<void>; release: () => void }): Stop {
  return { arrived: () => arrived, release };
}
