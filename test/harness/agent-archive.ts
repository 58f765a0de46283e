import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ChildRunner } from '../../src/agent/child-runner.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { passwordFile } from './archive-password.ts';
import { FakeClock } from './fake-clock.ts';
import { environmentOfTests, program } from './program.ts';
import { runInProcess } from './run-in-process.ts';

export interface AgentArchive {
  readonly environment: Readonly<Record<string, string>>;
  /** Runs the commands as an agent does, each in a process of its own. */
  readonly runner: ChildRunner;
  /** What it holds, as a process of its own lists it. */
  readonly snapshots: () => Promise<readonly Snapshot[]>;
}

/** An archive in `folder` with two snapshots of the server "prod", each of the files `data` and `large`, and a runner of commands on it. */
export async function agentArchive(folder: string, largeBytes = 0): Promise<AgentArchive> {
  const archive = path.join(folder, 'archive');
  const set = path.join(folder, 'set');
  await mkdir(set);
  await writeFile(path.join(set, 'data'), 'some bytes\n');
  await writeFile(path.join(set, 'large'), Buffer.alloc(largeBytes, 'all the same bytes, so that they are quickly archived\n'));
  const environment = {
    ROOTCELLAR_ARCHIVE: archive,
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_CACHE_FOLDER: path.join(folder, 'cache'),
    ROOTCELLAR_SERVER_NAME: 'prod',
  };
  for (const [words, time] of [
    [['init'], '2026-11-21T10:46:46Z'],
    [['archive', set], '2026-11-22T10:46:46Z'],
    [['archive', set], '2026-11-23T10:46:46Z'],
  ] as const) {
    const { exitCode, errorOutput } = await runInProcess(['--quiet', ...words], { environment, clock: new FakeClock(time) });
    if (exitCode !== 0) throw new Error(errorOutput);
  }
  const runner = runnerWith(environment, folder);
  // Of the program's own words.
  const snapshots = async () => (await runner.run(['list'], {})).result as readonly Snapshot[];
  return { environment, runner, snapshots };
}

/** Runs commands in processes of their own, with this environment and nothing but PATH and HOME beside it. */
export function runnerWith(environment: Readonly<Record<string, string>>, home: string): ChildRunner {
  return new ChildRunner({
    program,
    environment: { ...environmentOfTests(), HOME: home, LANG: 'C.UTF-8', TZ: 'UTC', ...environment },
  });
}
