import path from 'node:path';
import { runProgram } from '../../test/harness/run-program.ts';
import { peerPath } from '../peers.ts';
import { awsEnvironment, type Command, type Contender, type Place } from './contender.ts';

/** restic with its cache; `fastest` is the compression that its manual names for speed, `auto` the default. */
export async function restic(compression: 'auto' | 'fastest'): Promise<Contender> {
  const program = await peerPath('restic');
  const command = (place: Place, ...words: readonly string[]): Command => ({
    program,
    words: ['--quiet', '--compression', compression, ...words],
    environment: {
      ...awsEnvironment(place),
      RESTIC_REPOSITORY: `s3:${place.endpoint}/${place.bucket}`,
      RESTIC_PASSWORD: 'bench',
      RESTIC_CACHE_DIR: path.join(place.home, 'cache'),
    },
    folder: place.home,
  });
  return {
    name: compression === 'auto' ? 'restic' : `restic, ${compression}`,
    version: async () => (await runProgram(program, ['version'])).trim().replace(/ compiled.*/, ''),
    prepare: async (place) => [command(place, 'init')],
    commands: (work, place) => {
      switch (work) {
        case 'first':
        case 'next':
        case 'unchanged':
        case 'again':
          // Its manual: the scan only serves the display of progress.
          return [{ ...command(place, 'backup', '--no-scan', '.'), folder: place.source }];
        case 'fetch':
          return [command(place, 'restore', 'latest', '--target', place.fetched)];
        case 'verify':
          return [command(place, 'check', '--read-data')];
        case 'forget':
          return [command(place, 'forget', '--keep-last', `${place.keepLast}`)];
        case 'prune':
          return [command(place, 'prune')];
      }
    },
  };
}
