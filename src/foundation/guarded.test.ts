import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guarded } from './guarded.ts';

class Counter {
  readonly name = 'counter';
  #count = 0;

  async add(number: number): Promise<number> {
    this.#count += number;
    return this.#count;
  }

  async read(): Promise<number> {
    return this.#count;
  }
}

test('guarded() asks before the methods that are named, and before no others', async () => {
  let mayGoOn = true;
  const counter = guarded(new Counter(), ['add'], () => {
    if (!mayGoOn) throw new Error('stop');
  });

  assert.equal(await counter.add(2), 2);
  mayGoOn = false;
  const added = counter.add(3);

  await assert.rejects(added, { message: 'stop' });
  assert.deepEqual([await counter.read(), counter.name], [2, 'counter']);
});

test('guarded() leaves the object as it is where nobody is to be asked', () => {
  const counter = new Counter();
  assert.equal(guarded(counter, ['add'], undefined), counter);
});
