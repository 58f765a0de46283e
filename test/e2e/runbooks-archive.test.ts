import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { passwordFile } from '../harness/archive-password.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { startVersitygw } from '../harness/versitygw.ts';
import { followRunbook, statesOfRunbooks } from './run-runbook.ts';
import { drillStates } from './runbook-drill-states.ts';
import { changeStates, lookStates } from './runbook-entry-states.ts';
import { serverStates } from './runbook-server-states.ts';
import { topologyStates } from './runbook-topology-states.ts';
import { archiveStates, type Ground, makeTemplates, succeed, writeSet } from './runbook-states.ts';

const all = await statesOfRunbooks();

test('each state of a runbook is made, and each that is made is in one', () => {
  const used = all.map(({ state }) => state);

  const made = [archiveStates, serverStates, topologyStates, drillStates, lookStates, changeStates].flatMap((states) =>
    Object.keys(states),
  );

  assert.deepEqual(used.toSorted(), made.toSorted());
});

suite('the commands of the runbooks about an archive put right what they are about', () => {
  let ground: Ground;
  let end: () => Promise<void>;
  before(async () => {
    const home = await temporaryFolder('runbooks');
    const s3 = await startVersitygw({ buckets: ['vault'] });
    end = async () => {
      await s3[Symbol.asyncDispose]();
      await home.remove();
    };
    ground = { home: home.path, s3, ...(await makeTemplates(home.path)) };
    const credentials = path.join(home.path, 's3-credentials');
    await writeFile(credentials, `[default]\naws_access_key_id = ${s3.accessKeyId}\naws_secret_access_key = ${s3.secretAccessKey}\n`);
    const env = {
      ROOTCELLAR_ARCHIVE: 's3://vault/set',
      ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
      ROOTCELLAR_PASSWORD_FILE: passwordFile,
      ROOTCELLAR_SERVER_NAME: 'prod',
      AWS_REGION: s3.region,
      AWS_SHARED_CREDENTIALS_FILE: credentials,
    };
    await succeed(['init'], env);
    await succeed(['archive', await writeSet(path.join(home.path, 'in-s3'))], env);
  });
  after(() => end());

  for (const one of all) {
    const make = archiveStates[one.state];
    if (make === undefined) continue;
    test(`${one.section.page} ${one.section.title}, in the state ${one.state}`, () => followRunbook(one, () => make(ground), ground.home));
  }
});
