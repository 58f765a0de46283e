import { after, before, suite, test } from 'node:test';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { followRunbook, statesOfRunbooks } from './run-runbook.ts';
import { serverStates } from './runbook-server-states.ts';

const all = await statesOfRunbooks();

suite('the commands of the runbooks about a directory server put right what they are about', () => {
  let home: TemporaryFolder;
  let directory: OpendjServer;
  before(async () => {
    home = await temporaryFolder('runbooks');
    directory = await startOpendj();
  });
  after(async () => {
    await directory[Symbol.asyncDispose]();
    await home.remove();
  });

  for (const one of all) {
    const make = serverStates[one.state];
    if (make === undefined) continue;
    test(`${one.section.page} ${one.section.title}, in the state ${one.state}`, () =>
      followRunbook(one, () => make({ home: home.path }, directory), home.path));
  }
});
