import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Attribute, Change, type Client } from 'ldapts';
import type { EntryProof } from '../../src/domain/recovery-report.ts';
import { type Operator, type Scene, setScene } from './main-job-scene.ts';

// A restored OpenDJ is compared with the snapshot entry by entry, whatever writers did while it was backed up.
suite('the proof of a restore', () => {
  let scene: Scene;
  before(async () => void (scene = await setScene(300)));
  after(async () => scene[Symbol.asyncDispose]());

  test('a restore is proven, and what was written while it was backed up is told apart', async () => {
    const operator = await operatorOf('written', scene);
    await using writer = await startWriting(scene, changeSomething);
    await operator.run(['backup']);
    await writer.stop();

    const { proofs } = await operator.json<{ readonly proofs: readonly EntryProof[] }>(['restore', 'latest', '--yes']);

    const [proof, ...others] = proofs;
    assert.deepEqual(
      [proof?.baseDn, proof?.by, proof?.state, proof?.differences, others],
      ['dc=example,dc=com', 'entries', 'equal', 0, []],
    );
    assert.notEqual(proof?.foundDigest, proof?.expectedDigest);
    const told = proof?.examples?.filter(({ difference }) => difference === 'changed-meanwhile') ?? [];
    assert.ok((proof?.changedMeanwhile ?? 0) > 0 && told.length > 0, JSON.stringify(proof));
    assert.ok(
      told.every(({ dn }) => /^(uid=user\.1\d,|cn=written )/.test(dn)),
      JSON.stringify(told),
    );
  });

  test('a restore of a quiet directory has the very digest of the snapshot', async () => {
    const operator = await operatorOf('quiet', scene);
    await operator.run(['backup']);

    const { proofs } = await operator.json<{ readonly proofs: readonly EntryProof[] }>(['restore', 'latest', '--yes']);

    assert.deepEqual([proofs[0]?.state, proofs[0]?.foundDigest], ['equal', proofs[0]?.expectedDigest]);
  });

  test('what clients write once the backend is back is told apart: no restore is wrong for that', async () => {
    const operator = await operatorOf('altered', scene);
    await operator.run(['backup']);
    await using writer = await startWriting(scene, async (client, turn) => {
      await client.modify(`uid=user.5,ou=People,${scene.directory.baseDn}`, [replacement('telephoneNumber', `+1 555 ${turn}`)]);
    });

    const { proofs } = await operator.json<{ readonly proofs: readonly EntryProof[] }>(['restore', 'latest', '--yes']);

    await writer.stop();
    assert.deepEqual(proofs[0]?.examples, [{ dn: 'uid=user.5,ou=People,dc=example,dc=com', difference: 'changed-meanwhile' }]);
  });

  test('an entry that did not come back is named, and it ends with 20', async () => {
    const operator = await operatorOf('missing', scene);
    await operator.run(['backup']);
    await using writer = await startWriting(scene, (client) => client.del(`uid=user.6,ou=People,${scene.directory.baseDn}`));

    const refused = await operator.run(['restore', 'latest', '--yes'], 20);

    await writer.stop();
    assert.match(
      refused.stderr,
      /Cannot prove the restore of userRoot: the server says that it succeeded, but 1 entry differs below dc=example,dc=com: uid=user\.6,ou=People,dc=example,dc=com is missing\n/,
    );
  });
});

async function operatorOf(name: string, scene: Scene): Promise<Operator> {
  const operator = await scene.operator(name, path.join(scene.directory.folder, '..', `archive-${name}`));
  await operator.run(['init']);
  return operator;
}

interface Writer extends AsyncDisposable {
  stop(): Promise<void>;
}

/** Writes again and again until it is stopped; what the server refuses while a backend is out of service is passed over. */
async function startWriting({ directory }: Scene, write: (client: Client, turn: number) => Promise<void>): Promise<Writer> {
  let isStopped = false;
  const writing = (async () => {
    const client = await directory.connect();
    for (let turn = 0; !isStopped; turn += 1) await write(client, turn).catch(() => new Promise((resolve) => setImmediate(resolve)));
    await client.unbind();
  })();
  const stop = async () => {
    isStopped = true;
    await writing;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/** Modifies ten people in turn, and adds groups of which it removes most. */
async function changeSomething(client: Client, turn: number): Promise<void> {
  const group = (number: number) => `cn=written ${number},ou=People,dc=example,dc=com`;
  await client.modify(`uid=user.1${turn % 10},ou=People,dc=example,dc=com`, [replacement('telephoneNumber', `+1 555 ${turn}`)]);
  await client.add(group(turn), { objectClass: ['top', 'groupOfNames'], cn: `written ${turn}` });
  if (turn % 5 !== 0) await client.del(group(turn - 1)).catch(() => undefined);
}

function replacement(type: string, value: string): Change {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) });
}
