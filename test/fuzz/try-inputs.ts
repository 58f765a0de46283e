import { Worker } from 'node:worker_threads';
import { Failure } from '../../src/foundation/failure.ts';
import { Random } from './random.ts';

export interface Trial<Input> {
  /** What is tried, for the failure: `parseDn`. */
  readonly name: string;
  /** As many as these are tried unless the lane says how many. */
  readonly inputs: number;
  readonly make: (random: Random) => Input;
  /** Rejects or throws where the input shows a defect. */
  readonly check: (input: Input, random: Random) => void | Promise<void>;
}

/** A reader that takes longer for an input of a few kilobytes has gone astray, even on a machine that is shared. */
const slowMilliseconds = 2000;
const hungMilliseconds = 30_000;

/**
 * Makes inputs one after another from a seed, and tries each. Settings: `ROOTCELLAR_FUZZ_INPUTS`, `ROOTCELLAR_FUZZ_SEED`, and `ROOTCELLAR_FUZZ_AT`, which
 * tries one input alone. An input that never ends ends the process, which says which one it was.
 *
 * @throws {Error} with the seed, the number of the input and the input, when one is a defect or takes too long
 */
export async function tryInputs<Input>({ name, inputs, make, check }: Trial<Input>): Promise<string> {
  const seed = Number(process.env['ROOTCELLAR_FUZZ_SEED'] || Date.now() % 1_000_000_000);
  const count = Number(process.env['ROOTCELLAR_FUZZ_INPUTS'] || inputs);
  const alone = process.env['ROOTCELLAR_FUZZ_AT'];
  const place = new Int32Array(new SharedArrayBuffer(4));
  const watch = startWatch(name, seed, place);
  const began = performance.now();
  let slowest = { took: 0, at: 0 };
  try {
    for (let at = Number(alone || 0); at < (alone ? Number(alone) + 1 : count); at += 1) {
      Atomics.store(place, 0, at);
      const random = new Random(seed, at);
      const input = make(random);
      const took = await timeOf(() => check(input, random)).catch((cause: unknown) => {
        throw new Error(`${name}: seed ${seed}, input ${at} (npm run test:fuzz -- --seed ${seed} --at ${at}): ${shown(input)}`, { cause });
      });
      if (took > slowest.took) slowest = { took, at };
      // A machine that is shared stands still now and then; an input that is slow is so each time.
      if (took > slowMilliseconds && (await timeOf(() => check(input, random))) > slowMilliseconds)
        throw new Error(`${name}: seed ${seed}, input ${at} took ${Math.round(took)} ms: ${shown(input)}`);
    }
  } finally {
    await watch.terminate();
  }
  const seconds = (performance.now() - began) / 1000;
  return `${name}: ${count} inputs of seed ${seed} in ${seconds.toFixed(1)} s, the slowest (${slowest.at}) in ${slowest.took.toFixed(1)} ms`;
}

async function timeOf(work: () => void | Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** What a reader says of bad input, or undefined where it took it. Anything but a failure of one of the codes, in one sentence with a hint, is a defect. */
export function refusalOf(work: () => unknown, codes: readonly string[]): Failure | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return wellSaid(error, codes);
  }
}

/** @throws what it got, when that is no failure as it should be */
export function wellSaid(error: unknown, codes: readonly string[]): Failure {
  if (!(error instanceof Failure) || !codes.includes(error.code)) throw error;
  if (error.message.trim() === '' || /[\n\r]/.test(error.message) || error.message.length > 2000)
    throw new Error('it is no one sentence', { cause: error });
  if (error.hint === undefined) throw new Error('it does not say what to do', { cause: error });
  return error;
}

function startWatch(name: string, seed: number, place: Int32Array): Worker {
  const code = `
    const { workerData } = require('node:worker_threads');
    const { writeSync } = require('node:fs');
    let last = -1;
    let since = Date.now();
    setInterval(() => {
      const now = Atomics.load(workerData.place, 0);
      if (now !== last) [last, since] = [now, Date.now()];
      if (Date.now() - since < ${hungMilliseconds}) return;
      writeSync(2, workerData.name + ': seed ' + workerData.seed + ', input ' + now + ' does not end\\n');
      process.kill(process.pid, 'SIGKILL');
    }, 1000);`;
  const worker = new Worker(code, { eval: true, workerData: { name, seed, place } });
  worker.unref();
  return worker;
}

function shown(input: unknown): string {
  const text = JSON.stringify(input, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value));
  return text.length > 3000 ? `${text.slice(0, 3000)}… (${text.length} characters)` : text;
}
