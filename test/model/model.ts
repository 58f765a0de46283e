import fc from 'fast-check';
import { FakeClock } from '../harness/fake-clock.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { stageSets } from './contents.ts';
import { RememberingStore } from './remembering-store.ts';
import { sequence, type Focus, type Sequence } from './steps.ts';
import { Tally } from './tally.ts';
import { World, type WorldOptions } from './world.ts';

export interface ModelRun {
  readonly runs: number;
  readonly seed?: number | undefined;
  readonly path?: string | undefined;
  readonly focus?: Focus;
  readonly plant?: WorldOptions['plant'];
  /** Where the archives lie; in memory unless told. */
  readonly makePlace?: (folder: string) => Promise<Pick<WorldOptions, 'clock' | 'stores' | 'restic'>>;
}

export interface ModelResult {
  readonly tally: Tally;
  /** What to read where a sequence failed: seed, path, the sequence itself, and each call of it. */
  readonly failure: string | undefined;
}

const longestSequenceMilliseconds = 240_000;

/** Tries random sequences on stores in memory, until one fails. */
export async function tryModel({ runs, seed, path, focus, plant, makePlace = inMemory }: ModelRun): Promise<ModelResult> {
  await using home = await temporaryFolder('model');
  const sets = await stageSets(home.path);
  const tally = new Tally();
  let trace: readonly string[] = [];
  let serial = 0;
  const holds = async ({ setting, steps }: Sequence): Promise<void> => {
    const folder = `${home.path}/${(serial += 1)}`;
    const world = await World.make({ setting, ...(await makePlace(folder)), sets, folder, tally, plant });
    tally.sequences += 1;
    trace = world.trace;
    await world.run(steps);
    await world.end();
  };
  const details = await fc.check(fc.asyncProperty(sequence(focus), holds), {
    numRuns: runs,
    endOnFailure: true,
    // One that stands still must be told with its trace before the test's own time is over.
    timeout: longestSequenceMilliseconds,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
  });
  const failure = details.failed ? [String(details.errorInstance), fc.defaultReportMessage(details), ...trace].join('\n') : undefined;
  return { tally, failure };
}

async function inMemory(): Promise<Pick<WorldOptions, 'clock' | 'stores'>> {
  const clock = new FakeClock();
  return { clock, stores: { first: new RememberingStore(clock), second: new RememberingStore(clock) } };
}

/** How long to try, and what again: `npm run test:model -- --runs N --seed S --path P`. */
export function modelSettings(runs: number): Pick<ModelRun, 'runs' | 'seed' | 'path'> {
  const { ROOTCELLAR_MODEL_RUNS: told, ROOTCELLAR_MODEL_SEED: seed, ROOTCELLAR_MODEL_PATH: path } = process.env;
  return { runs: Number(told || runs), seed: seed ? Number(seed) : undefined, path: path || undefined };
}
