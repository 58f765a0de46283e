import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { parseRateWindow, rateOverTime } from '../schedule/rate-windows.ts';
import { MemoryStore } from './memory-store.ts';
import { ThrottledStore } from './throttled-store.ts';
import { TokenBucket } from './token-bucket.ts';

const day = '2026-11-26T';
const unlimitedAtNight = rateOver(['08:00-18:00=1kB', '18:00-20:00=10kB']);

function rateOver(windows: readonly string[], timeZone = 'UTC', otherwise?: number) {
  return rateOverTime(
    windows.map((text) => parseRateWindow(text) ?? assert.fail(text)),
    timeZone,
    otherwise,
  );
}

/** How many milliseconds `bytes` take that are asked for in pieces of 100, from `start` on. */
async function timeOf(bytes: number, start: string, rate: ConstructorParameters<typeof TokenBucket>[0]): Promise<number> {
  const clock = new FakeClock(start);
  const bucket = new TokenBucket(rate, clock);
  let endedAt: number | undefined;
  const work = (async () => {
    for (let left = bytes; left > 0; left -= 100) await bucket.take(Math.min(left, 100), undefined);
    endedAt = clock.now().getTime();
  })();
  while (endedAt === undefined) await clock.advance(60_000);
  await work;
  return endedAt - Date.parse(start);
}

test('TokenBucket follows a window that ends in the middle of a transfer', async () => {
  // 60 s at 1 kB/s before 18:00, then 10 kB/s.
  const milliseconds = await timeOf(60_000 + 100_000, `${day}17:59:00Z`, unlimitedAtNight);
  assert.ok(Math.abs(milliseconds - 70_000) <= 300, `${milliseconds} ms`);
});

test('TokenBucket follows a window that begins in the middle of a transfer', async () => {
  const rate = rateOver(['08:00-18:00=1kB'], 'UTC', 10_000);
  const milliseconds = await timeOf(600_000 + 60_000, `${day}07:59:00Z`, rate);
  // Less the burst at the beginning: what 250 ms at 10 kB/s are, takes 2.5 s later.
  assert.ok(Math.abs(milliseconds - 117_500) <= 300, `${milliseconds} ms`);
});

test('TokenBucket has no limit outside of all windows, and the limit from the first moment within one', async () => {
  assert.equal(await timeOf(1_000_000, `${day}03:00:00Z`, unlimitedAtNight), 0);
  // What was free before it began is no credit.
  const clock = new FakeClock(`${day}07:59:59.900Z`);
  const bucket = new TokenBucket(unlimitedAtNight, clock);
  await bucket.take(1_000_000, undefined);
  await clock.advance(100);
  let isGranted = false;
  const granted = bucket.take(1000, undefined).then(() => (isGranted = true));
  await clock.advance(999);
  assert.equal(isGranted, false);
  await clock.advance(1);
  await granted;
});

test('TokenBucket lets a large piece wait across a window only as long as its rates take', async () => {
  const clock = new FakeClock(`${day}17:59:00Z`);
  const bucket = new TokenBucket(unlimitedAtNight, clock);
  let endedAt = 0;
  // 60 kB by 18:00, 72 MB in the two hours after, the rest at once.
  const work = bucket.take(60_000 + 72_000_000 + 5_000_000, undefined).then(() => (endedAt = clock.now().getTime()));
  await clock.advance(3 * 3_600_000);
  await work;
  assert.ok(Math.abs(endedAt - Date.parse(`${day}20:00:00Z`)) <= 60_000, new Date(endedAt).toISOString());
});

test('TokenBucket has the rate of the wall clock when daylight saving begins', async () => {
  const rate = rateOver(['01:00-03:00=1kB'], 'Europe/Berlin', 10_000);
  // At 02:00, one minute on, it is 03:00 there, and the window is over.
  const milliseconds = await timeOf(60_000 + 100_000, '2026-03-29T00:59:00Z', rate);
  assert.ok(Math.abs(milliseconds - 70_000) <= 300, `${milliseconds} ms`);
});

test('TokenBucket does not stand still for an hour when the clock is set back by one', async () => {
  let now = Date.parse(`${day}12:00:00Z`);
  let slept = 0;
  const sleep = async (milliseconds: number) => {
    slept = milliseconds;
    now += milliseconds;
  };
  const bucket = new TokenBucket(1000, { now: () => new Date(now), sleep });
  await bucket.take(10_000, undefined);
  now -= 3_600_000;
  await bucket.take(1000, undefined);
  assert.ok(slept <= 1000, `${slept} ms`);
});

test('TokenBucket never grants more than its rates allow, whatever is asked for when', async () => {
  const rate = rateOver(['00:01-00:02=1kB', '00:03-00:04=none', '00:04-00:06=3kB'], 'UTC', 2000);
  const start = Date.parse(`${day}00:00:00Z`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ pause: fc.nat(40_000), bytes: fc.integer({ min: 1, max: 20_000 }) }), { minLength: 1, maxLength: 20 }),
      async (asked) => {
        let now = start;
        const clock = { now: () => new Date(now), sleep: async (milliseconds: number) => void (now += milliseconds) };
        const bucket = new TokenBucket(rate, clock);
        const granted: { at: number; bytes: number }[] = [];
        for (const { pause, bytes } of asked) {
          now += pause;
          await bucket.take(bytes, undefined);
          granted.push({ at: now, bytes });
        }
        // Between any two grants no more passed than the rates of that time, and the burst, allow.
        for (const [first, { at: from }] of granted.entries()) {
          for (const [last, { at: to }] of granted.entries()) {
            if (last <= first) continue;
            const passed = granted.slice(first + 1, last + 1).reduce((total, { bytes }) => total + bytes, 0);
            assert.ok(passed <= allowed(rate, from, to) + 0.25 * 3000 + 10, `${passed} bytes from ${from - start} to ${to - start} ms`);
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('ThrottledStore asks for the rate again as time goes on, each way', async () => {
  const clock = new FakeClock(`${day}17:59:00Z`);
  const memory = new MemoryStore({ clock });
  await memory.put('key', new Uint8Array(160_000));
  const store = new ThrottledStore(memory, { uploadBytesPerSecond: unlimitedAtNight, downloadBytesPerSecond: unlimitedAtNight, clock });
  const pieces = async function* () {
    for (let piece = 0; piece < 160; piece += 1) yield new Uint8Array(1000);
  };
  const ends: number[] = [];
  const note = () => ends.push(clock.now().getTime() - Date.parse(`${day}17:59:00Z`));
  const works = [store.get('key').then(note), store.putStream('other', pieces).then(note)];
  for (let second = 0; second < 80; second += 1) await clock.advance(1000);
  await Promise.all(works);
  for (const end of ends) assert.ok(Math.abs(end - 70_000) <= 1000, `${end} ms`);
});

test('ThrottledStore lets a lease pass those who wait, who then wait for it', async () => {
  const clock = new FakeClock(`${day}12:00:00Z`);
  const store = new ThrottledStore(new MemoryStore({ clock }), { uploadBytesPerSecond: 1000, downloadBytesPerSecond: 1000, clock });
  const ends: string[] = [];
  const large = store.put('pack', new Uint8Array(600_000)).then(() => ends.push('pack'));
  const lease = store.put('lease', new Uint8Array(500)).then(() => ends.push('lease'));
  await lease;
  await store.get('lease');
  const second = store.put('second', new Uint8Array(20_000)).then(() => ends.push(`second ${clock.now().toISOString()}`));
  await clock.advance(700_000);
  await Promise.all([large, second]);

  // 600,000 bytes, the 500 of the lease and 20,000, less the burst.
  assert.deepEqual(ends, ['lease', 'pack', 'second 2026-11-26T12:10:20.250Z']);
});

/** How many bytes the rates allow between two moments, minute by minute as they change with it; what was waited for until `to` passes by the rate from there on. */
function allowed(rate: (moment: number) => number | undefined, from: number, to: number): number {
  let total = rate(to) === undefined ? Infinity : 0;
  for (let moment = from; moment < to;) {
    const end = Math.min(to, (Math.floor(moment / 60_000) + 1) * 60_000);
    total += ((end - moment) * (rate(moment) ?? Infinity)) / 1000;
    moment = end;
  }
  return total;
}
