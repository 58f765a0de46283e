import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { archivePassword, passwordFile } from '../../../test/harness/archive-password.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { realClock } from '../../../test/harness/real-clock.ts';
import { runInProcess } from '../../../test/harness/run-in-process.ts';
import { temporaryFolder, type TemporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { StoredAudit } from '../../archive/stored-audit.ts';
import type { AuditEntry } from '../../domain/audit-entry.ts';
import { LocalFolderStore } from '../../object-stores/local-folder-store.ts';

let folder: TemporaryFolder;
before(async () => void (folder = await temporaryFolder('audit')));
after(() => folder.remove());

const first: AuditEntry = {
  id: '20261123T104646000Z-000001',
  time: '2026-11-23T10:46:46.000Z',
  agent: 'ds-0',
  who: { name: 'jane', role: 'restorer', via: 'oidc' },
  from: '192.0.2.1',
  action: 'entry find',
  words: ['entry', 'find', '(uid=a)'],
  outcome: 'allowed',
  detail: 'exit code 0',
};
const second: AuditEntry = {
  id: '20261123T104746000Z-000002',
  time: '2026-11-23T10:47:46.000Z',
  agent: 'ds-0',
  who: { name: 'nobody' },
  from: '192.0.2.2\u001b[2J',
  action: 'sign in',
  outcome: 'refused',
  detail: 'Cannot answer the request: it is wrong',
};

describe('audit', () => {
  test('lists who did what, the newest first, and shows nothing that a terminal would obey', async () => {
    const archive = `${folder.path}/archive`;
    const environment = { ROOTCELLAR_PASSWORD_FILE: passwordFile, ROOTCELLAR_ARCHIVE: archive };
    const audit = (...words: readonly string[]) => runInProcess(['audit', ...words], { environment });
    assert.equal((await runInProcess(['init'], { environment })).exitCode, 0);
    assert.equal((await audit()).output, 'Nothing was done by way of an agent yet.\n');
    const store = new LocalFolderStore({ folder: archive, clock: realClock });
    const sealing = repositoryArchive(store, { clock: realClock, password: archivePassword });
    for (const entry of [first, second]) await new StoredAudit(store, () => sealing.notes(), 'directory').save(entry);
    const stored = Buffer.from(await store.get(`.rootcellar/agents/directory/audit/${first.id}.json`)).toString('latin1');
    assert.doesNotMatch(stored, /jane|uid=a|entry find/, 'who may read the bucket learns from an entry only when something was done');
    await store.put('.rootcellar/agents/directory/audit/20261123T104846000Z-000003.json', new TextEncoder().encode('{"id":1}'));

    const { exitCode, output } = await audit();

    assert.equal(exitCode, 0);
    assert.ok(!output.includes('\u001b[2J'));
    assert.deepEqual(
      output
        .trimEnd()
        .split('\n')
        .map((line) =>
          line
            .split(/ {2,}/)
            .slice(1)
            .filter((_, at) => at !== 1),
        ),
      [
        ['who', 'outcome', 'what'],
        ['nobody', 'refused', 'sign in · Cannot answer the request: it is wrong'],
        ['jane (restorer)', 'allowed', 'entry find (uid=a)'],
      ],
    );
    assert.deepEqual(JSON.parse((await audit('--json', '--limit', '2')).output), [second]);
    assert.deepEqual(JSON.parse((await audit('--json', '--before', second.id)).output), [first]);
  });

  test('says when there is no archive', async () => {
    const environment = { ROOTCELLAR_PASSWORD_FILE: passwordFile, ROOTCELLAR_ARCHIVE: `${folder.path}/nowhere` };
    assert.equal((await runInProcess(['audit'], { environment })).exitCode, 10);
  });
});
