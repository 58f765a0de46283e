import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../../test/harness/run-program.ts';
import { awsEnvironment, type Command, type Contender, type Place } from './contender.ts';

/** Ours through the launcher `bin/rootcellar.mjs` of `root`: a checkout, or a package as a user installs it. */
export function rootcellarAt(root: string): Contender {
  const launcher = path.join(root, 'bin/rootcellar.mjs');
  const command = (place: Place, ...words: readonly string[]): Command => ({
    program: process.execPath,
    words: [launcher, ...words, '--quiet'],
    environment: {
      ...environmentOf(place),
      ROOTCELLAR_PRUNE_GRACE: '1ms',
    },
  });
  return {
    name: 'rootcellar',
    version: async () => (await runProgram(process.execPath, [launcher, 'version'])).trim(),
    prepare: async (place) => {
      await writeFile(path.join(place.home, 'password'), 'bench', { mode: 0o600 });
      return [command(place, 'init')];
    },
    commands: (work, place) => {
      switch (work) {
        case 'first':
        case 'next':
        case 'unchanged':
        case 'again':
          return [command(place, 'archive', place.source)];
        case 'fetch':
          return [command(place, 'fetch', 'latest', '--to', place.fetched)];
        case 'verify':
          return [command(place, 'verify', '--read-data')];
        case 'forget':
          return [command(place, 'forget', '--keep-last', `${place.keepLast}`, '--yes')];
        case 'prune':
          // The first one marks and repacks; what it marked, the second one deletes: a day later in real life, and never in the
          // same second, as that is how finely a store tells when something was written.
          return [command(place, 'prune', '--yes'), { program: 'sleep', words: ['2'], isTimed: false }, command(place, 'prune', '--yes')];
      }
    },
  };
}

/** A repository at the place, and its password. */
export function environmentOf(place: Omit<Place, 'source' | 'keepLast' | 'fetched'>): Record<string, string> {
  return {
    ...awsEnvironment(place),
    ROOTCELLAR_ARCHIVE: `s3://${place.bucket}/archive`,
    ROOTCELLAR_LAYOUT: 'repository',
    ROOTCELLAR_PASSWORD_FILE: path.join(place.home, 'password'),
    ROOTCELLAR_S3_ENDPOINT: place.endpoint,
    ROOTCELLAR_SERVER_NAME: 'bench',
  };
}
