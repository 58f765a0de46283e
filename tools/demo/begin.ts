import { addGroups } from './changes.ts';
import { setStage, type Stage } from './stage.ts';
import { say } from './terminal.ts';

/** Sets the stage with so many people and some groups, and says where it is. */
export async function begin(people: number): Promise<Stage> {
  const stage = await setStage(people);
  await addGroups(stage.directory);
  say(`OpenDJ     ${stage.directory.ldapsUrl}   ${people.toLocaleString('en')} people and 4 groups below ${stage.directory.baseDn}`);
  say(`versitygw  ${stage.s3.endpoint}   an empty bucket`);
  return stage;
}
