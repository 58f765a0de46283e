import { after, before, suite, test } from 'node:test';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { followRunbook, statesOfRunbooks } from './run-runbook.ts';
import { changeStates, lookStates } from './runbook-entry-states.ts';

const all = await statesOfRunbooks();

suite('the commands of the runbooks about single entries put right what they are about', () => {
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
    const look = lookStates[one.state];
    const change = changeStates[one.state];
    if (look === undefined && change === undefined) continue;
    test(`${one.section.page} ${one.section.title}, in the state ${one.state}`, () =>
      followRunbook(
        one,
        async () => (look === undefined ? change?.({ home: home.path }, directory) : look({ home: home.path })) ?? never(),
        home.path,
      ));
  }
});

function never(): never {
  throw new Error('no such state');
}
