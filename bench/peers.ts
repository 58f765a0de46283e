// node bench/peers.ts: gets every peer of the benchmark into the tests' cache, one after another, and says where each lies.
import path from 'node:path';
import { goProgramPath } from '../test/harness/go-program.ts';
import { programPath } from '../test/harness/parts.ts';
import { runProgram } from '../test/harness/run-program.ts';
import { cached } from '../test/harness/test-cache.ts';

export const peerNames = ['restic', 'kopia', 'aws', 'rclone', 's5cmd'] as const;
export type PeerName = (typeof peerNames)[number];

const kopia = { name: 'kopia', module: 'github.com/kopia/kopia', package: '', version: 'v0.22.3', how: 'wrapper', seconds: 300 } as const;
const rclone = {
  name: 'rclone',
  module: 'github.com/rclone/rclone',
  package: '',
  version: 'v1.75.1',
  how: 'wrapper',
  seconds: 600,
} as const;
const s5cmd = { name: 's5cmd', module: 'github.com/peak/s5cmd/v2', package: '', version: 'v2.3.0', how: 'wrapper', seconds: 60 } as const;
const awsVersion = '1.45.11';

const programs: Readonly<Record<PeerName, () => Promise<string>>> = {
  restic: () => programPath('restic'),
  kopia: () => goProgramPath(kopia),
  rclone: () => goProgramPath(rclone),
  s5cmd: () => goProgramPath(s5cmd),
  aws: awsCli,
};

/** The path of the peer's program, made first when the cache has it not. */
export function peerPath(name: PeerName): Promise<string> {
  return programs[name]();
}

/** The AWS CLI of PyPI (version 1), in an environment of its own; `aws` runs from wherever the folder lies. */
async function awsCli(): Promise<string> {
  const folder = await cached({
    name: `awscli-${awsVersion}`,
    announcement: `installing the AWS CLI ${awsVersion} with pip (about 30 s)`,
    make: async (fresh) => {
      await runProgram('python3', ['-m', 'pip', 'install', '--quiet', '--target', path.join(fresh, 'packages'), `awscli==${awsVersion}`]);
    },
  });
  return path.join(folder, 'packages', 'bin', 'aws');
}

if (import.meta.main) for (const name of peerNames) console.log(`${name}: ${await peerPath(name)}`);
