// node bench/entries/make-exports.ts PEOPLE FILE [TURN]: writes the export of one moment of a made directory.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fixedEntries, type Moment, numbersUpTo, personLdif } from './made-entries.ts';

/** Writes the LDIF of all entries of the moment, in the order of their IDs in a server: who was added comes last. Takes little memory, whatever its size. */
export async function makeExport(file: string, moment: Moment): Promise<void> {
  await pipeline(Readable.from(pieces(moment)), createWriteStream(file));
}

function* pieces(moment: Moment): Generator<Buffer> {
  let gathered = [...fixedEntries(moment.people)];
  const numbers = numbersUpTo(moment);
  for (let number = 0; number < numbers; number += 1) {
    const person = personLdif(number, moment);
    if (person !== undefined) gathered.push(person);
    if (gathered.length < 1000) continue;
    yield Buffer.from(gathered.join(''), 'latin1');
    gathered = [];
  }
  yield Buffer.from(gathered.join(''), 'latin1');
}

if (import.meta.main) {
  const [, , people = '200000', file = 'userRoot.ldif', turn = '0'] = process.argv;
  await makeExport(file, { people: Number(people), turn: Number(turn) });
}
