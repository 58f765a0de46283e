// node bench/repository.ts FIRST-SET NEXT-SET [ROUNDS]: ours against restic over a local folder, in turns; medians and their ratios.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { programPath } from '../test/harness/parts.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';

const [first = '', next = '', rounds = '3'] = process.argv.slice(2);
const restic = process.env['ROOTCELLAR_TEST_RESTIC'] || (await programPath('restic'));
const job = path.join(import.meta.dirname, 'repository-job.ts');

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly mebibytes: number;
}

/** Runs to the end; wall from here, CPU and memory from the system's own account. */
async function measure(program: string, words: readonly string[], folder?: string): Promise<Measured> {
  const report = path.join(home.path, 'time');
  const begin = performance.now();
  const child = spawn('/usr/bin/time', ['-o', report, '-f', '%U %S %M', program, ...words], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, RESTIC_PASSWORD: 'bench', NODE_COMPILE_CACHE: path.join(home.path, 'compiled') },
  });
  const [code]: unknown[] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${String(code)}`);
  const [user = 0, system = 0, kibibytes = 0] = (await readFile(report, 'utf8')).trim().split(' ').map(Number);
  return { seconds: (performance.now() - begin) / 1000, cpuSeconds: user + system, mebibytes: kibibytes / 1024 };
}

const ours = (...words: readonly string[]) => measure(process.execPath, [job, ...words]);
const theirs = (folder: string | undefined, repository: string, ...words: readonly string[]) =>
  measure(restic, ['--quiet', '--no-cache', '--repo', repository, ...words], folder);

await using home = await temporaryFolder('bench');
const results = new Map<string, { ours: Measured[]; restic: Measured[] }>();
for (let round = 0; round < Number(rounds); round += 1) {
  const [a, b, out] = ['ours', 'restic', 'out'].map((name) => path.join(home.path, `${name}-${round}`)) as [string, string, string];
  await mkdir(a);
  await ours('init', a);
  await theirs(undefined, b, 'init');
  const works: readonly (readonly [string, () => Promise<Measured>, () => Promise<Measured>])[] = [
    ['first', () => ours('save', a, first, '1'), () => theirs(first, b, 'backup', '.')],
    ['next', () => ours('save', a, next, '2'), () => theirs(next, b, 'backup', '.')],
    ['unchanged', () => ours('save', a, next, '3'), () => theirs(next, b, 'backup', '--force', '.')],
    ['fetch', () => ours('fetch', a, `${out}-a`), () => theirs(undefined, b, 'restore', 'latest', '--target', `${out}-b`)],
    ['verify', () => ours('verify', a), () => theirs(undefined, b, 'check', '--read-data')],
  ];
  for (const [name, own, other] of works) {
    const kept = results.get(name) ?? { ours: [], restic: [] };
    results.set(name, kept);
    kept.ours.push(await own());
    kept.restic.push(await other());
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
console.log('work        wall ours/restic      CPU ours/restic       faster: wall, CPU   MiB ours/restic');
for (const [name, { ours: own, restic: other }] of results) {
  const of = (list: readonly Measured[], key: keyof Measured): number => median(list.map((one) => one[key]));
  const pair = (key: keyof Measured, digits: number): string => `${of(own, key).toFixed(digits)} / ${of(other, key).toFixed(digits)}`;
  const ratio = (key: keyof Measured): string => `${(of(other, key) / of(own, key)).toFixed(2)}×`;
  console.log(
    [
      name.padEnd(11),
      pair('seconds', 2).padEnd(21),
      pair('cpuSeconds', 2).padEnd(21),
      `${ratio('seconds')}, ${ratio('cpuSeconds')}`.padEnd(19),
      pair('mebibytes', 0),
    ].join(' '),
  );
}
