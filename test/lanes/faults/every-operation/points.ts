import assert from 'node:assert/strict';
import { mapConcurrently } from '../../../../src/foundation/concurrency.ts';
import type { FaultyHttpProxy, SeenRequest } from '../../../harness/faulty-http-proxy.ts';
import type { RootcellarResult, RunningRootcellar } from '../../../harness/rootcellar.ts';
import type { PointPlace, PointScene } from './point-scene.ts';
import { prefix } from './prepared-archive.ts';

/** A request of a run at which something is to happen to it. */
export interface Point {
  /** The first is 1. */
  readonly at: number;
  /** `PUT locks`, `LIST data`, `DELETE .rootcellar-store`. */
  readonly name: string;
  readonly isWrite: boolean;
}

/**
 * Those requests of a command at which the store, or what a run knows of it, can differ: each that writes, and of reads of one kind in a row the first, as of
 * the trials of what the store can do. All requests if `ROOTCELLAR_TEST_POINTS` is `all`.
 */
export async function pointsOf(scene: PointScene, words: readonly string[]): Promise<readonly Point[]> {
  await using place = await scene.open();
  assertSuccess(await place.spawn(words).ended);
  const all = place.proxy.requests.map((seen, index) => ({
    at: index + 1,
    name: nameOf(seen),
    isWrite: !/^(GET|HEAD)$/.test(seen.method),
  }));
  if (areAllWanted) return all;
  return all.filter(({ name, isWrite }, index) => name !== all[index - 1]?.name || (isWrite && !name.includes('.rootcellar-store')));
}

/** Whether hundreds of runs are wanted, and not those that tell the most. */
export const areAllWanted = process.env['ROOTCELLAR_TEST_POINTS'] === 'all';

function nameOf({ method, url }: SeenRequest): string {
  const { pathname, searchParams } = new URL(url, 'http://store');
  const isList = searchParams.has('list-type');
  const key = isList ? searchParams.get('prefix') : pathname.replace(/^\/[^/]*\//, '');
  const [first = '', second = ''] = (key ?? '').replace(`${prefix}/`, '').split('/');
  return `${isList ? 'LIST' : method} ${first === '.rootcellar' ? `${first}/${second}` : first}`;
}

export interface HeldRun {
  readonly running: RunningRootcellar;
  /** Lets go what is held, and resolves once a request whose sender is gone was seen by the store if it is to be. */
  readonly release: () => Promise<void>;
}

/**
 * Starts a run and resolves when its request is held, which the store has not seen, or of which it has done the work. All later requests are held too. `isLate`:
 * the store shall see the one that is held when it is let go, whatever became of the run.
 */
export async function runUntil(
  place: PointPlace,
  words: readonly string[],
  { at, what, isLate }: { readonly at: number; readonly what: 'request' | 'answer'; readonly isLate: boolean },
): Promise<HeldRun> {
  const [reached, until, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  holdFrom(place.proxy, { at, what, reached: reached.resolve, until: until.promise, ...(isLate && { late: seen.resolve }) });
  const running = place.spawn(words);
  const ended = running.ended.then(({ exitCode, stdout, stderr }) => {
    throw new Error(`the run ended with ${exitCode} before that:\n${stdout}\n${stderr}`);
  });
  await Promise.race([reached.promise, ended]);
  ended.catch(() => {});
  return {
    running,
    release: async () => {
      until.resolve();
      if (isLate) await seen.promise;
    },
  };
}

function holdFrom(
  proxy: FaultyHttpProxy,
  { at, ...hold }: { at: number; what: 'request' | 'answer'; reached: () => void; until: Promise<void>; late?: () => void },
): void {
  proxy.reset();
  const after = at - 1;
  proxy.arm(
    { after, action: { kind: 'hold', ...hold } },
    { after, times: Infinity, action: { kind: 'hold', what: 'request', reached: () => {}, until: hold.until } },
  );
}

/** Tries all, two at a time, each in a place of its own; rejects with the first that fails, by its name. */
export async function tryAll<Case extends { readonly point: Point }>(
  scene: PointScene,
  cases: readonly Case[],
  attempt: (place: PointPlace, one: Case, index: number) => Promise<void>,
): Promise<void> {
  await mapConcurrently(cases, 2, async (one, index) => {
    await using place = await scene.open();
    const { point, ...rest } = one;
    await attempt(place, one, index).catch((cause: unknown) => {
      throw new Error(`at request ${point.at}, ${point.name}, ${JSON.stringify(rest)}: ${String(cause)}`, { cause });
    });
  });
}

export function assertSuccess({ exitCode, stdout, stderr }: RootcellarResult): void {
  assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
}
