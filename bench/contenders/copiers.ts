import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../../test/harness/run-program.ts';
import { peerPath } from '../peers.ts';
import { awsEnvironment, type Command, type Contender, type Place, type Work } from './contender.ts';

/**
 * Programs that copy files as they are: each set gets a prefix of its own, so that the older ones stay. They keep no check sums that
 * they could verify by, and forget and prune are the deletion of a prefix: neither is measured.
 */
interface Copier {
  readonly name: string;
  version(): Promise<string>;
  prepare?(place: Place): Promise<void>;
  upload(place: Place, prefix: string): Command;
  download(place: Place, prefix: string): Command;
}

const prefixes: Partial<Record<Work, string>> = { first: 'first', next: 'next', unchanged: 'unchanged', again: 'unchanged' };

function contender(copier: Copier): Contender {
  return {
    name: copier.name,
    version: () => copier.version(),
    prepare: async (place) => {
      await copier.prepare?.(place);
      return [];
    },
    commands: (work, place) => {
      const prefix = prefixes[work];
      if (prefix !== undefined) return [copier.upload(place, prefix)];
      return work === 'fetch' ? [copier.download(place, 'unchanged')] : undefined;
    },
  };
}

/** The AWS CLI; its manual has larger parts and more requests at once for speed. */
export async function aws(): Promise<Contender> {
  const program = await peerPath('aws');
  const command = (place: Place, from: string, to: string): Command => ({
    program,
    words: ['--endpoint-url', place.endpoint, 's3', 'sync', '--only-show-errors', from, to],
    environment: { ...awsEnvironment(place), AWS_CONFIG_FILE: path.join(place.home, 'config'), PYTHONPATH: path.join(program, '../..') },
  });
  return contender({
    name: 'aws s3 sync',
    version: async () =>
      (await runProgram(program, ['--version'], { environment: { ...process.env, PYTHONPATH: path.join(program, '../..') } })).split(
        ' ',
      )[0] ?? '',
    prepare: (place) =>
      writeFile(
        path.join(place.home, 'config'),
        '[default]\ns3 =\n  max_concurrent_requests = 10\n  multipart_chunksize = 16MB\n  multipart_threshold = 16MB\n  addressing_style = path\n',
      ),
    upload: (place, prefix) => command(place, place.source, `s3://${place.bucket}/${prefix}/`),
    download: (place, prefix) => command(place, `s3://${place.bucket}/${prefix}/`, place.fetched),
  });
}

const rcloneFlags =
  '--transfers 8 --fast-list --s3-no-check-bucket --s3-disable-checksum --s3-upload-concurrency 8 --s3-chunk-size 16M --multi-thread-streams 8'.split(
    ' ',
  );

/** rclone; its manual: larger chunks and more of them at once for large files, no check sum of the whole file before it begins. */
export async function rclone(): Promise<Contender> {
  const program = await peerPath('rclone');
  const command = (place: Place, from: string, to: string): Command => ({
    program,
    words: ['sync', from, to, '--config', path.join(place.home, 'rclone.conf'), ...rcloneFlags],
    environment: awsEnvironment(place),
  });
  const remote = (place: Place, prefix: string): string => `s3:${place.bucket}/${prefix}`;
  return contender({
    name: 'rclone',
    version: async () => (await runProgram(program, ['version'])).split('\n')[0] ?? '',
    prepare: async (place) => {
      await mkdir(place.home, { recursive: true });
      const lines = [
        '[s3]',
        'type = s3',
        'provider = Other',
        'env_auth = true',
        `endpoint = ${place.endpoint}`,
        `region = ${place.region}`,
      ];
      await writeFile(path.join(place.home, 'rclone.conf'), `${lines.join('\n')}\nforce_path_style = true\n`);
    },
    upload: (place, prefix) => command(place, place.source, remote(place, prefix)),
    download: (place, prefix) => command(place, remote(place, prefix), place.fetched),
  });
}

/** s5cmd as it comes: its manual has nothing faster for few large files than more parts of one at once. */
export async function s5cmd(): Promise<Contender> {
  const program = await peerPath('s5cmd');
  const command = (place: Place, from: string, to: string): Command => ({
    program,
    words: ['--endpoint-url', place.endpoint, '--log', 'error', 'sync', '--concurrency', '8', '--part-size', '16', from, to],
    environment: awsEnvironment(place),
  });
  return contender({
    name: 's5cmd',
    version: async () => `s5cmd ${path.basename(path.dirname(program)).split('-')[1] ?? ''}`,
    upload: (place, prefix) => command(place, `${place.source}/`, `s3://${place.bucket}/${prefix}/`),
    download: (place, prefix) => command(place, `s3://${place.bucket}/${prefix}/*`, `${place.fetched}/`),
  });
}
