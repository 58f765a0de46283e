import assert from 'node:assert/strict';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, before, suite, test } from 'node:test';
import { archivePassword } from '../../harness/archive-password.ts';
import { resticAt } from '../../harness/restic.ts';
import { runProgram } from '../../harness/run-program.ts';
import {
  assertNoSecretSeen,
  assertRefusal,
  type BadDays,
  type HeldTask,
  holdSchemaBackup,
  meanwhile,
  type Operator,
  type Refusal,
  startBadDays,
  tasksUnderWay,
  untilTaskSays,
} from '../../e2e/bad-days.ts';
import { assertBackupEndsWell, atGate, atStore, endedAt, type Step, type Stop } from '../../e2e/ended-runs.ts';
import { entriesOf } from '../../e2e/main-job-scene.ts';

const stepsOfBackup: readonly Step[] = [
  { name: 'when the lease is written', stop: (days) => atStore(days, 'PUT', /leases/, 'answer') },
  {
    name: 'when the server is asked for its tasks',
    stop: ({ gate }) => atGate(gate.holdRequest(/ds-task-id.*rootcellar-/s)),
  },
  { name: 'when the task is given and nobody knows', stop: ({ gate }) => atGate(gate.holdRequest(/ds-task-log-message/)) },
  { name: 'while the task runs', stop: (days) => inTask(days) },
  { name: 'before the repository is locked', stop: (days) => atStore(days, 'PUT', /locks\//, 'request') },
  { name: 'when the repository is locked', stop: (days) => atStore(days, 'PUT', /locks\//, 'answer') },
  { name: 'in the middle of the upload', stop: (days) => atStore(days, 'PUT', /data\//, 'request') },
  { name: 'before the index', stop: (days) => atStore(days, 'PUT', /index\//, 'request') },
  { name: 'before the snapshot', stop: (days) => atStore(days, 'PUT', /snapshots\//, 'request'), says: 'done' },
  { name: 'when the snapshot is written', stop: (days) => atStore(days, 'PUT', /snapshots\//, 'answer'), says: 'done' },
  { name: 'before the repository is unlocked', stop: (days) => atStore(days, 'DELETE', /locks\//, 'request'), says: 'done' },
];

suite('a backup that is ended', { timeout: 1_200_000 }, () => {
  let days: BadDays;
  let operator: Operator;
  let good: readonly string[];
  before(async () => {
    days = await startBadDays();
    operator = await days.operator('ended');
    await operator.run(backup);
    good = await operator.verified();
  });
  after(async () => {
    try {
      await assertNoSecretSeen(days);
    } finally {
      await days[Symbol.asyncDispose]();
    }
  });

  const backup = ['backup', '--backend', 'schema'];

  for (const step of stepsOfBackup) {
    test(`${step.name}: told to stop it cleans up and says so; killed it hinders nobody`, async () => {
      good = await assertBackupEndsWell(days, operator, { words: backup, step, good });
    });
  }

  test('a task that a killed run left on the server is ended by the next run', async () => {
    const task = await holdSchemaBackup(days);
    const killed = operator.spawn(backup);
    // Printed before the server has it: killed too early, the run leaves no task.
    await killed.prints(/· back up backend "schema"/);
    await untilTaskSays(days, /running/i);
    killed.kill('SIGKILL');
    await killed.ended;

    const next = operator.spawn(backup);
    await untilTaskSays(days, /cancel|stopped by an administrator/i);
    await task.release();
    const { exitCode, stderr } = await next.ended;

    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /^! removed what an earlier run left: 1 task on the server, \d{14}Z$/m);
    good = await operator.verified();
  });

  test('what killed runs left in the archive goes with prune, every snapshot stays, and the stock restic is content', async () => {
    // The first run marks, the second removes.
    for (let run = 0; run < 2; run += 1) await operator.run(['prune', '--yes'], { ROOTCELLAR_PRUNE_GRACE: '1ms' });

    const { stdout } = await operator.run(['prune', '--json'], { ROOTCELLAR_PRUNE_GRACE: '1ms' });
    const { objects, waiting } = JSON.parse(stdout) as { readonly objects: readonly unknown[]; readonly waiting: number };
    assert.deepEqual([objects, waiting], [[], 0]);
    assert.deepEqual(await operator.verified(), good);
    await (
      await resticAt({ repository: operator.objects, password: archivePassword })
    )('check', '--read-data');
  });
});

suite('a restore that is ended', { timeout: 1_200_000 }, () => {
  let days: BadDays;
  let operator: Operator;
  let good: readonly string[];
  before(async () => {
    days = await startBadDays();
    operator = await days.operator('ended');
    await operator.run(['backup', '--backend', 'userRoot']);
    good = await operator.verified();
  });
  after(async () => {
    try {
      await assertNoSecretSeen(days);
    } finally {
      await days[Symbol.asyncDispose]();
    }
  });

  const restore = ['restore', 'latest', '--yes'];
  const untouched = (): Refusal => ({
    exitCode: 130,
    says: `The restore into ${days.gate.url} was interrupted: nothing was restored yet`,
    hint: 'run it again; the archive is untouched',
  });
  const steps: readonly { readonly name: string; readonly stop: () => Promise<Stop> | Stop; readonly says: () => Refusal }[] = [
    { name: 'when the set is looked at', stop: () => atStore(days, 'GET', /data\//, 'answer'), says: untouched },
    { name: 'in the middle of the fetch', stop: () => atStore(days, 'GET', /data\//, 'answer', 2), says: untouched },
    { name: 'when the server is asked to check', stop: () => atGate(days.gate.holdRequest(/verify-only.{0,12}TRUE/is)), says: untouched },
    {
      name: 'before the server is asked to restore',
      stop: () => atGate(days.gate.holdRequest(restoreTask)),
      says: () => stateAfter('in service with 53 entries'),
    },
    { name: 'while the server restores', stop: () => inRestore(), says: () => stateAfter('in service with 53 entries') },
  ];

  for (const { name, stop, says } of steps) {
    test(`${name}: told to stop it says what state it leaves; killed it hinders nobody`, async () => {
      const told = await endedAt(operator.spawn(restore), await stop(), 'SIGTERM');
      assertRefusal(told, says());
      assert.equal(await tasksUnderWay(days), 0);
      assert.equal((await entriesOf(days.directory)).size, 53);

      await endedAt(operator.spawn(restore), await stop(), 'SIGKILL');
      const { stdout } = await operator.run(restore);
      assert.match(stdout, /✓ .*: userRoot dc=example,dc=com: 53 entries, each as it should be/);
      assert.deepEqual(await operator.rests(), []);
      assert.deepEqual(await operator.verified(), good);
    });
  }

  test('a restore that a killed run left on the server is waited for, and not cut off', async () => {
    const held = inRestore();
    const killed = operator.spawn(restore);
    await meanwhile(killed, held.arrived(killed));
    killed.kill('SIGKILL');
    await killed.ended;
    const look = days.gate.holdRequest(/ds-task-log-message/);
    const next = operator.spawn(['backup', '--backend', 'userRoot', '--json']);
    await meanwhile(next, look.arrived);

    await held.release();
    look.release();

    const { exitCode, stdout, stderr } = await next.ended;
    assert.equal(exitCode, 0, stderr);
    assert.equal((await entriesOf(days.directory)).size, 53);
    good = [(JSON.parse(stdout) as { readonly id: string }).id, ...good];
    assert.deepEqual(await operator.verified(), good);
  });

  function stateAfter(state: string): Refusal {
    return {
      exitCode: 130,
      says: `The attempt to restore backend "userRoot" was interrupted; backend "userRoot" is ${state}`,
      hint: "see the server's logs/errors, then run the restore again: it begins anew, and the archive is untouched",
    };
  }

  /** Puts a FIFO in the place of the file that is to be restored, and its bytes into it when it may go on. */
  function inRestore(): Stop {
    const asked = days.gate.holdRequest(restoreTask);
    let file = '';
    return {
      arrived: async (running) => {
        await asked.arrived;
        const names = await readdir(operator.staging, { recursive: true });
        file = path.join(operator.staging, names.find((name) => /backup-userRoot-\d{14}Z$/.test(name)) ?? '');
        await rename(file, `${file}.rootcellar-partial`);
        await runProgram('mkfifo', [file]);
        asked.release();
        await running.prints(/· restore backend "userRoot"/);
      },
      release: async () => {
        await pipeline(createReadStream(`${file}.rootcellar-partial`), createWriteStream(file));
        await rename(`${file}.rootcellar-partial`, file);
      },
    };
  }
});

/** What asks the server for a restore, and not only for a check. */
const restoreTask = /ds-task-restore-verify-only.{0,12}FALSE/is;

async function inTask(days: BadDays): Promise<Stop> {
  const task: HeldTask = await holdSchemaBackup(days);
  return { arrived: (running) => running.prints(/· back up backend "schema"/), release: task.release };
}
