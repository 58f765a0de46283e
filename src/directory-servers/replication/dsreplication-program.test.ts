import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { realClock } from '../../../test/harness/real-clock.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { DsreplicationProgram } from './dsreplication-program.ts';

/** In place of the server's program: notes each call, and fails or waits as a file beside it says. */
const script = `#!/bin/sh
home="$(dirname "$(dirname "$0")")"
echo "begin $1" >> "$home/calls"
while test -e "$home/hold-$1"; do sleep 0.05; done
echo "end $1" >> "$home/calls"
test -e "$home/fails" || exit 0
cat "$home/fails"
exit 12
`;

const at = { host: 'localhost', port: 4444 };
const suspension = {
  attempt: 'suspend replication',
  product: 'OpenDJ',
  work: { kind: 'suspend', at, baseDns: ['dc=example,dc=com'] },
} as const;
const resumption = { ...suspension, attempt: 'resume replication', work: { ...suspension.work, kind: 'resume' } } as const;

async function startScene(patienceMilliseconds = 20_000) {
  const folder = await temporaryFolder('dsreplication');
  const home = folder.path;
  await mkdir(path.join(home, 'bin'));
  const file = path.join(home, 'bin/dsreplication');
  await writeFile(file, script, { mode: 0o755 });
  const program = new DsreplicationProgram({
    home,
    adminUid: 'admin',
    adminPasswordFile: path.join(home, 'password'),
    caFile: undefined,
    clock: realClock,
    patienceMilliseconds,
  });
  const calls = async (): Promise<string> =>
    (await readFile(path.join(home, 'calls'), 'utf8').catch(() => '')).trim().replaceAll('\n', ', ');
  return {
    home,
    program,
    calls,
    hold: (subcommand: string) => writeFile(path.join(home, `hold-${subcommand}`), ''),
    release: (subcommand: string) => rm(path.join(home, `hold-${subcommand}`), { force: true }),
    runByHand: async (subcommand: string): Promise<ChildProcess> => {
      const child = spawn(file, [subcommand], { stdio: 'ignore' });
      while (!(await calls()).includes(`begin ${subcommand}`)) await delay(20);
      return child;
    },
    [Symbol.asyncDispose]: async () => {
      await program.close();
      await folder.remove();
    },
  };
}

test('DsreplicationProgram does one thing after the other', async () => {
  await using scene = await startScene();
  await Promise.all([scene.program.run(suspension, {}), scene.program.run(resumption, {})]);
  const [before, after] = ['pre-external-initialization', 'post-external-initialization'];
  assert.equal(await scene.calls(), `begin ${before}, end ${before}, begin ${after}, end ${after}`);
});

test('DsreplicationProgram waits for one that an operator, or a killed run, has under way', async () => {
  await using scene = await startScene();
  await scene.hold('enable');
  const other = await scene.runByHand('enable');
  const ended = once(other, 'exit');
  const notes: string[] = [];
  await scene.program.run(resumption, {
    report: (event) => {
      if (event.kind === 'note') notes.push(event.text);
      void scene.release('enable');
    },
  });
  await ended;
  assert.deepEqual(notes, [`Another dsreplication of ${scene.home} runs already (process ${other.pid}); waiting for its end`]);
  assert.equal(await scene.calls(), 'begin enable, end enable, begin post-external-initialization, end post-external-initialization');
});

test('DsreplicationProgram refuses when the other one does not end', async () => {
  await using scene = await startScene(300);
  await scene.hold('enable');
  const other = await scene.runByHand('enable');
  const ended = once(other, 'exit');
  try {
    await assert.rejects(scene.program.run(resumption, {}), {
      code: 'E_REPLICATION_TOOL',
      message: `Cannot resume replication: another dsreplication runs already (process ${other.pid}), and two must not at the same time`,
    });
    assert.equal(await scene.calls(), 'begin enable');
  } finally {
    await scene.release('enable');
    await ended;
  }
});

for (const [said, code, message] of [
  [
    'The provided credentials are not valid in server a:4444.',
    'E_BIND_REFUSED',
    'the servers know no administrator "admin" with this password',
  ],
  [
    'javax.net.ssl.SSLHandshakeException: PKIX path building failed',
    'E_SERVER_TLS',
    "the certificate of a server is not trusted by the server's program",
  ],
  ['Could not connect to a:4444. Details: Connection refused', 'E_SERVER_UNREACHABLE', 'a server cannot be reached'],
  ['Out of luck.\n', 'E_REPLICATION_TOOL', 'bin/dsreplication ended with exit code 12 and says "Out of luck"'],
  ['', 'E_REPLICATION_TOOL', 'bin/dsreplication ended with exit code 12 and says "nothing"'],
] as const) {
  test(`DsreplicationProgram tells by ${code} of ${said === '' ? 'silence' : `"${said.trim()}"`}`, async () => {
    await using scene = await startScene();
    await writeFile(path.join(scene.home, 'fails'), said);
    await assert.rejects(scene.program.run(suspension, {}), { code, message: `Cannot suspend replication: ${message}` });
  });
}
