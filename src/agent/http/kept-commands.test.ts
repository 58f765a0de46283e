import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { HeldRunner, type HeldRun } from '../../../test/harness/held-runner.ts';
import type { ProgressEvent } from '../../foundation/progress.ts';
import type { AdmittedCommand, Role } from './command-gate.ts';
import { includesRole } from './command-gate.ts';
import type { KeptCommand } from './kept-command.ts';
import { KeptCommands } from './kept-commands.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const all = (): boolean => true;

interface Scene {
  readonly clock: FakeClock;
  readonly runner: HeldRunner;
  readonly kept: KeptCommands;
  readonly begin: (own?: Partial<AdmittedCommand>) => KeptCommand;
  readonly run: (at?: number) => HeldRun;
}

function scene(): Scene {
  const clock = new FakeClock();
  const runner = new HeldRunner();
  const kept = new KeptCommands({ clock, log: silent });
  return {
    clock,
    runner,
    kept,
    begin: (own = {}) =>
      kept.begin({ name: 'verify', role: 'operator', words: ['verify'], manner: [], ...own }, { runner, role: 'operator', by: 'anna' }),
    run: (at = -1) => {
      const run = runner.runs.at(at);
      assert.ok(run);
      return run;
    },
  };
}

/** Lets what hangs on an end happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('KeptCommands', () => {
  test('knows what is planned and how far it came, and keeps that beyond the end', async () => {
    const { begin, run } = scene();
    const command = begin();
    const { options, end } = run();
    const stages = ['fetch', 'prove'].map((key) => ({ key, text: `${key} it` }));
    options.onProgress?.({ kind: 'plan', stages });
    assert.deepEqual([command.document().stages, command.document().stage], [stages, undefined]);
    options.onProgress?.({ kind: 'stage', key: 'fetch' });
    end({ exitCode: 20 });
    await settle();
    assert.deepEqual([command.document().stages, command.document().stage], [stages, 'fetch']);
    assert.deepEqual(command.document().steps, []);
  });

  test('gathers steps and notes from the progress, then the end with its document', async () => {
    const { clock, begin, run } = scene();
    const command = begin({ manner: ['--json', '--quiet', '--debug'] });
    const { words, options, end } = run();
    assert.deepEqual(words, ['--debug', 'verify']);
    const tell = async (event: ProgressEvent): Promise<void> => {
      options.onProgress?.(event);
      await clock.advance(1000);
    };

    await tell({ kind: 'begin', step: 'read packs', total: 10, unit: 'objects' });
    await tell({ kind: 'advance', step: 'read packs', done: 4 });
    await tell({ kind: 'note', level: 'warning', text: 'a request was tried again' });
    await tell({ kind: 'begin', step: 'read index' });
    const told = command.document();
    assert.deepEqual([told.state, told.by, told.exitCode, told.endedAt], ['running', 'anna', undefined, undefined]);
    assert.deepEqual(told.steps, [
      { step: 'read packs', state: 'running', beganAt: '2026-11-23T10:46:46.000Z', total: 10, unit: 'objects', done: 4 },
      { step: 'read index', state: 'running', beganAt: '2026-11-23T10:46:49.000Z' },
    ]);
    await tell({ kind: 'end', step: 'read packs', note: 'all there' });
    await tell({ kind: 'end', step: 'read index' });
    await tell({ kind: 'begin', step: 'read index' });
    await tell({ kind: 'end', step: 'read index', note: '2 missing', isBad: true });
    end({ exitCode: 20, result: { packs: 10 }, failure: { code: 'E_DAMAGED', message: 'Two packs are missing', hint: 'repair' } });
    await settle();

    const { steps, notes, ...ended } = command.document();
    assert.deepEqual(ended, {
      id: command.begun.id,
      name: 'verify',
      words: ['verify'],
      role: 'operator',
      by: 'anna',
      state: 'ended',
      beganAt: '2026-11-23T10:46:46.000Z',
      endedAt: '2026-11-23T10:46:54.000Z',
      exitCode: 20,
      failure: { code: 'E_DAMAGED', message: 'Two packs are missing', hint: 'repair', exitCode: 20 },
      result: { packs: 10 },
    });
    assert.deepEqual(
      steps.map(({ step, state, done, endedAt, note }) => [step, state, done, endedAt, note]),
      [
        ['read packs', 'done', 10, '2026-11-23T10:46:50.000Z', 'all there'],
        ['read index', 'bad', undefined, '2026-11-23T10:46:53.000Z', '2 missing'],
      ],
    );
    assert.deepEqual(notes, [{ level: 'warning', text: 'a request was tried again' }]);
    assert.ok(!('result' in command.summary()));
  });

  test('tells why one that ended in part was cut off, and nothing of one that was not', async () => {
    const { begin, run } = scene();
    const cutOff = begin();
    run().end({ exitCode: 3, failure: { code: 'E_CHANGES_CUT_OFF', message: '4 of 9 changes were made', hint: 'undo' } });
    const inPart = begin();
    run().end({ exitCode: 3, result: { refused: 1 } });
    await settle();

    assert.deepEqual(cutOff.document().failure, {
      code: 'E_CHANGES_CUT_OFF',
      message: '4 of 9 changes were made',
      hint: 'undo',
      exitCode: 3,
    });
    assert.deepEqual([inPart.document().failure, inPart.document().exitCode], [undefined, 3]);
  });

  test('says of a step under way at the end how that was, and of a process that was killed that it was', async () => {
    const { begin, run } = scene();
    const command = begin();
    run().options.onProgress?.({ kind: 'begin', step: 'read packs' });
    run().end({ exitCode: undefined, killedBy: 'SIGKILL' });
    await settle();

    const { steps, failure, exitCode } = command.document();
    assert.deepEqual([steps[0]?.state, exitCode], ['bad', undefined]);
    assert.deepEqual(failure, {
      code: 'E_RUN_KILLED',
      message: 'The run ended early: its process was killed (SIGKILL)',
      hint: 'look for memory limits, and run it again',
      exitCode: 1,
    });
  });

  test('holds 200 steps and 200 notes, the newest, and no step under way is lost', () => {
    const { begin, run } = scene();
    const command = begin();
    const tell = run().options.onProgress;
    tell?.({ kind: 'begin', step: 'whole' });
    for (let count = 0; count < 1000; count += 1) {
      tell?.({ kind: 'begin', step: `part ${count}` });
      tell?.({ kind: 'end', step: `part ${count}` });
      tell?.({ kind: 'note', level: 'info', text: `${count} ${'x'.repeat(5000)}` });
    }

    const { steps, notes } = command.document();
    assert.deepEqual([steps.length, steps[0]?.step, steps.at(-1)?.step], [200, 'whole', 'part 999']);
    assert.deepEqual([notes.length, notes[0]?.text.slice(0, 4), notes[0]?.text.length], [200, '800 ', 2000]);
  });

  test('tells of a document that is larger than 1 MiB, and keeps those of the newest 16 MiB', async () => {
    const { begin, run } = scene();
    const large = begin();
    run().end({ isResultTooLarge: true });
    await settle();
    assert.deepEqual(large.document().notes, [
      { level: 'warning', text: 'The document that it printed is larger than 1 MiB and was not kept' },
    ]);
    const commands: KeptCommand[] = [];
    for (let count = 0; count < 20; count += 1) {
      commands.push(begin());
      run().end({ result: 'x'.repeat(1024 * 1024 - 2) });
      await settle();
    }

    assert.deepEqual(
      commands.map((command) => typeof command.document().result),
      [...Array<string>(4).fill('undefined'), ...Array<string>(16).fill('string')],
    );
    assert.deepEqual(commands[0]?.document().notes, [
      { level: 'warning', text: 'The document that it printed is kept no more: those of newer commands took its place' },
    ]);
  });

  test('forgets what ended more than a day ago, and beyond a hundred what began first and has ended', async () => {
    const { clock, kept, begin, run } = scene();
    const going = begin();
    for (let count = 0; count < 120; count += 1) {
      begin({ words: ['verify', String(count)] });
      run().end();
      await settle();
    }

    const listed = kept.list(all);
    assert.equal(listed.length, 100);
    assert.deepEqual([listed[0]?.begun.words, listed[98]?.begun.words, listed[99]], [['verify', '119'], ['verify', '21'], going]);
    await clock.advance(24 * 3_600_000);
    assert.equal(kept.list(all).length, 100);
    await clock.advance(1);
    assert.deepEqual(kept.list(all), [going]);
  });

  test('shows and cancels for those who may run the command, for others it is not there', async () => {
    const { kept, begin } = scene();
    const { id } = begin({ name: 'entry undo', role: 'restorer' }).begun;
    const may = (role: Role) => (needed: Role) => includesRole(role, needed);

    assert.deepEqual(
      [kept.list(may('operator')), kept.find(id, may('operator')), kept.cancel(id, may('operator'))],
      [[], undefined, false],
    );
    assert.equal(kept.find(id, may('restorer'))?.endedAt, undefined);
    assert.equal(kept.cancel(id, may('restorer')), true);
    await settle();
    const { exitCode, failure } = kept.find(id, may('restorer'))?.document() ?? {};
    assert.deepEqual([exitCode, failure?.code], [130, 'E_INTERRUPTED']);
    assert.equal(kept.cancel(id, may('restorer')), false);
  });

  test('runs 8 at once and refuses the next', () => {
    const { begin } = scene();
    for (let count = 0; count < 8; count += 1) begin();

    assert.throws(begin, {
      code: 'E_AGENT_BUSY',
      exitCode: 11,
      message: 'Cannot run verify: 8 commands run already for clients of this agent',
    });
  });

  test('stop() takes no more, stops after its grace what still runs, and waits for one that cannot be cut off', async () => {
    const { clock, kept, runner, begin, run } = scene();
    begin();
    begin();
    let isStopped = false;
    const stopped = kept.stop(60_000).then(() => (isStopped = true));

    assert.throws(begin, { code: 'E_AGENT_STOPPING', exitCode: 11, message: 'Cannot run verify: the agent is stopping' });
    run(0).end();
    await clock.advance(59_999);
    assert.deepEqual([run(1).options.signal?.aborted, isStopped], [false, false]);
    runner.isDeaf = true;
    const deaf = run(1);
    await clock.advance(1);
    assert.equal(deaf.options.signal?.aborted, true);
    deaf.end();
    await stopped;

    assert.ok(isStopped);
    assert.equal(clock.sleeping, 0);
  });

  test('ends as a failure where the process could not be begun', async () => {
    const { kept } = scene();
    const runner = { run: () => Promise.reject(new Error('spawn EAGAIN')) };
    const command = kept.begin({ name: 'list', role: 'viewer', words: ['list'], manner: [] }, { runner, role: 'viewer', by: 'viewer' });
    await settle();

    assert.deepEqual(command.document().failure, { code: 'E_RUN_NOT_STARTED', message: 'Cannot start a run: spawn EAGAIN', exitCode: 1 });
  });
});
