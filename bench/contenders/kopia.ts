import path from 'node:path';
import { runProgram } from '../../test/harness/run-program.ts';
import { peerPath } from '../peers.ts';
import { awsEnvironment, type Command, type Contender, type Place } from './contender.ts';

const source = 'bench@bench:/set';

/** kopia with zstd: `zstd-fastest` for speed, or `zstd`, its middle one. Its caches are its own, and warm but for `verify`. */
export async function kopia(compression: 'zstd' | 'zstd-fastest'): Promise<Contender> {
  const program = await peerPath('kopia');
  const command = (place: Place, ...words: readonly string[]): Command => ({
    program,
    words: [...words, '--no-progress', '--log-level=warning', '--log-dir', path.join(place.home, 'logs')],
    environment: {
      ...awsEnvironment(place),
      KOPIA_PASSWORD: 'bench',
      KOPIA_CONFIG_PATH: path.join(place.home, 'repository.config'),
      KOPIA_CACHE_DIRECTORY: path.join(place.home, 'cache'),
      KOPIA_CHECK_FOR_UPDATES: 'false',
      KOPIA_USE_KEYRING: 'false',
    },
  });
  return {
    name: compression === 'zstd' ? 'kopia' : `kopia, ${compression}`,
    version: async () => `kopia ${(await runProgram(program, ['--version'])).trim().split(' ')[0] ?? ''}`,
    prepare: async (place) => [
      command(place, 'repository', 'create', 's3', ...whereIs(place)),
      command(place, 'policy', 'set', '--global', `--compression=${compression}`),
    ],
    commands: (work, place) => {
      switch (work) {
        case 'first':
        case 'next':
        case 'unchanged':
        case 'again':
          return [command(place, 'snapshot', 'create', place.source, '--override-source', source)];
        case 'fetch':
          return [command(place, 'snapshot', 'restore', source, place.fetched)];
        case 'verify':
          // Otherwise it would read from its own disk what the restore has just brought there.
          return [
            { ...command(place, 'cache', 'clear'), isTimed: false },
            command(place, 'snapshot', 'verify', '--verify-files-percent=100'),
          ];
        case 'forget':
          return [
            { ...command(place, 'policy', 'set', '--global', `--keep-latest=${place.keepLast}`, ...keepNothingElse), isTimed: false },
            command(place, 'snapshot', 'expire', '--all', '--delete'),
          ];
        case 'prune':
          // With its safety on it deletes nothing that is younger than a day, and not in the first run.
          return [command(place, 'maintenance', 'run', '--full', '--safety=none')];
      }
    },
  };
}

const keepNothingElse = ['hourly', 'daily', 'weekly', 'monthly', 'annual'].map((period) => `--keep-${period}=0`);

function whereIs(place: Place): string[] {
  const { host, protocol } = new URL(place.endpoint);
  const tls = protocol === 'http:' ? ['--disable-tls'] : [];
  return ['--endpoint', host, '--region', place.region, '--bucket', place.bucket, ...tls];
}
