import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '../../../../test/harness/fake-clock.ts';
import { auditInMemory } from '../../../../test/harness/audit-in-memory.ts';
import type { AuditTrail } from '../../../archive/stored-audit.ts';
import type { AuditEntry } from '../../../domain/audit-entry.ts';
import { Failure } from '../../../foundation/failure.ts';
import { AuditLog, type AuditFacts } from './audit-log.ts';

/** An archive that does not answer while `isDown`: a fault, so a double. */
class FaultyTrail implements AuditTrail {
  isDown = false;
  readonly #trail: AuditTrail;

  constructor(trail: AuditTrail) {
    this.#trail = trail;
  }

  async save(entry: AuditEntry): Promise<void> {
    if (this.isDown) throw new Failure('E_STORE_UNREACHABLE', 'Cannot write: the store does not answer');
    return this.#trail.save(entry);
  }

  read: AuditTrail['read'] = (options) => this.#trail.read(options);
  trim: AuditTrail['trim'] = (keep) => this.#trail.trim(keep);
}

function example(keep = 1000) {
  const clock = new FakeClock();
  const trail = new FaultyTrail(auditInMemory(clock));
  const lines: string[] = [];
  const write = (facts: object, message: string): void => void lines.push(`${message} ${JSON.stringify(facts)}`);
  const log = { debug: write, info: write, warn: write, error: write };
  let drawn = 0;
  const random = (): number => (drawn += 1) / 10_000;
  return { clock, trail, lines, log: new AuditLog({ trail, keep, agent: 'ds-0', clock, random, log }) };
}

const facts: AuditFacts = {
  who: { name: 'jane', role: 'restorer', via: 'oidc' },
  from: '192.0.2.1',
  action: 'entry find',
  words: ['entry', 'find', '--where', '(&(uid=jane)(userPassword=s3cret))'],
  outcome: 'begun',
};
const refusal: AuditFacts = { who: { name: 'nobody' }, from: '192.0.2.9', action: 'sign in', outcome: 'refused', detail: 'it is wrong' };

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}

describe('AuditLog', () => {
  test('keeps what began, then how it ended, in one entry of the archive, without secrets', async () => {
    const { log, trail, lines } = example();
    const begun = log.record(facts);
    log.end(begun, 'failed', 'exit code 1');
    await log.stop();

    assert.deepEqual(await trail.read({ limit: 10 }), [
      {
        id: begun.id,
        time: '2026-11-23T10:46:46.000Z',
        agent: 'ds-0',
        ...facts,
        words: ['entry', 'find', '--where', '(&(uid=jane)(userPassword=***))'],
        outcome: 'failed',
        detail: 'exit code 1',
      },
    ]);
    assert.equal(lines.length, 2);
    assert.ok(lines.every((line) => line.startsWith('audit ') && line.includes('jane') && line.includes('192.0.2.1')));
    // Words may name entries, which lines of the log do not.
    assert.ok(!lines.join('').includes('uid='));
  });

  test('reads pages, the newest first', async () => {
    const { log, clock } = example();
    for (const action of ['one', 'two', 'three']) {
      log.record({ ...facts, action });
      await clock.advance(1);
    }
    const all = await log.read({ limit: 10 });
    assert.deepEqual(
      all.map(({ action }) => action),
      ['three', 'two', 'one'],
    );
    assert.deepEqual(
      (await log.read({ limit: 1, before: all[0]?.id })).map(({ action }) => action),
      ['two'],
    );
    assert.deepEqual(await log.read({ limit: 1, before: all[2]?.id }), []);
  });

  test('goes on while the archive does not answer, shows what waits, and saves it afterwards', async () => {
    const { log, trail, clock, lines } = example();
    trail.isDown = true;
    log.record(facts);
    assert.equal((await log.read({ limit: 10 })).length, 1);
    assert.deepEqual(await trail.read({ limit: 10 }), []);
    await until(async () => clock.sleeping === 1);
    assert.ok(lines.some((line) => line.startsWith('the archive does not take the audit log ')));

    trail.isDown = false;
    await clock.advance(10_000);
    await until(async () => (await trail.read({ limit: 10 })).length === 1);
    await log.stop();
  });

  test('ends without what the archive does not take', async () => {
    const { log, trail } = example();
    trail.isDown = true;
    log.record(facts);
    await log.stop();
    assert.deepEqual(await trail.read({ limit: 10 }), []);
  });

  test('holds no more than 1000 that wait, the newest', async () => {
    const { log, trail, clock } = example(5000);
    trail.isDown = true;
    for (let at = 0; at < 1005; at += 1) {
      log.record({ ...facts, action: `${at}` });
      await clock.advance(1);
    }
    const waiting = await log.read({ limit: 5000 });
    assert.deepEqual([waiting.length, waiting.at(0)?.action, waiting.at(-1)?.action], [1000, '1004', '5']);
    await log.stop();
  });

  test('keeps the newest in the archive', async () => {
    const { log, trail, clock } = example(5);
    for (let at = 0; at < 101; at += 1) {
      log.record({ ...facts, action: `${at}` });
      await clock.advance(1);
    }
    await log.stop();
    const kept = await trail.read({ limit: 1000 });
    assert.deepEqual(
      kept.map(({ action }) => action),
      ['100', '99', '98', '97', '96'],
    );
  });

  test('writes few refusals of one address down, and tells with the next how many there were', async () => {
    const { log, clock } = example();
    for (let at = 0; at < 500; at += 1) log.recordRefusal(refusal);
    assert.equal((await log.read({ limit: 1000 })).length, 20);
    log.recordRefusal({ ...refusal, from: '192.0.2.10' });
    await clock.advance(1);
    log.recordRefusal({ ...refusal, from: '192.0.2.10' });
    const [last, before] = await log.read({ limit: 2 });
    assert.equal(before?.detail, 'it is wrong (480 more refusals before this one were only counted)');
    assert.equal(last?.detail, 'it is wrong');
    for (let at = 0; at < 500; at += 1) log.recordRefusal({ ...refusal, from: `10.0.0.${at % 250}` });
    assert.ok((await log.read({ limit: 1000 })).length <= 100);
    await log.stop();
  });
});
