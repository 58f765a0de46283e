// node bench/entries/read-files.ts FILE…: reads every entry of LDIF files, and does nothing with them.
import { createReadStream } from 'node:fs';
import { readLdif } from '../../src/domain/read-ldif.ts';

let entries = 0;
for (const file of process.argv.slice(2))
  for await (const batch of readLdif(createReadStream(file), { name: file })) entries += batch.length;
console.log(entries);
