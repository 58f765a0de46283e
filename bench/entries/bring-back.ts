import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { mapConcurrently } from '../../src/foundation/concurrency.ts';
import { startOpendj } from '../../test/harness/opendj.ts';
import { runProgram } from '../../test/harness/run-program.ts';
import type { Command } from '../contenders/contender.ts';
import { measure } from '../measure.ts';
import type { OpenPlace } from '../place.ts';

export interface BroughtBack {
  readonly entries: number;
  /** The whole command, from the start of the process to its end. */
  readonly seconds: number;
  readonly peakBytes: number;
  /** From the writing of the undo file until every entry was read back. */
  readonly applySeconds: number;
}

/** Deletes people of a live OpenDJ, one of so many, and has them brought back by their filter; `ours` makes a command of the words. */
export async function bringBack(
  place: OpenPlace,
  { people, entries }: { readonly people: number; readonly entries: number },
  ours: (environment: Readonly<Record<string, string>>, ...words: readonly string[]) => Command,
): Promise<BroughtBack> {
  await using directory = await startOpendj({ people, heap: '2g' });
  const staging = path.join(place.home, 'staging');
  await mkdir(staging, { recursive: true });
  const environment = {
    ROOTCELLAR_ARCHIVE: `s3://${place.bucket}/live`,
    ROOTCELLAR_SERVER_URL: directory.ldapsUrl,
    ROOTCELLAR_SERVER_CA_FILE: directory.caFile,
    ROOTCELLAR_SERVER_BIND_DN: directory.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: directory.passwordFile,
    ROOTCELLAR_SERVER_NAME: 'live',
    ROOTCELLAR_STAGING_FOLDER: staging,
  };
  await measure([ours(environment, 'init'), ours(environment, 'backup', '--quiet')], place.home);
  const client = await directory.connect();
  const dns = Array.from({ length: entries }, (_, at) => `uid=user.${Math.floor((at * people) / entries)},ou=People,${directory.baseDn}`);
  await mapConcurrently(dns, 16, (dn) => client.del(dn));
  await client.unbind();
  const report = path.join(place.home, 'report.json');
  const {
    program,
    words,
    environment: all = {},
  } = ours(environment, 'entry', 'restore', ...dns, '--from', 'latest', '--yes', '--quiet', '--json');
  const command = { program: 'sh', words: ['-c', `"$@" > ${report}`, 'sh', program, ...words], environment: all };
  const { seconds, peakBytes } = await measure([command], place.home);
  const { result } = JSON.parse(await runProgram('cat', [report])) as {
    readonly result: { readonly applied: number; readonly milliseconds: number };
  };
  if (result.applied !== entries) throw new Error(`${result.applied} of ${entries} came back`);
  return { entries, seconds, peakBytes, applySeconds: result.milliseconds / 1000 };
}
