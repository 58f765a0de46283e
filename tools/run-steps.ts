import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { root } from './run-tests.ts';

export interface Step {
  readonly name: string;
  readonly program: string;
  readonly arguments: readonly string[];
}

/** The checks of `npm run ok` that are not tests, quick ones first. */
export const checks: readonly Step[] = [
  { name: 'format', program: 'oxfmt', arguments: ['--check', '.'] },
  { name: 'lint', program: 'oxlint', arguments: ['--type-aware', '--deny-warnings'] },
  { name: 'types', program: 'tsc', arguments: ['--project', '.'] },
  { name: 'types of the console', program: 'tsc', arguments: ['--project', 'web'] },
  { name: 'unused code', program: 'knip', arguments: [] },
];

/** Runs each step and prints its time, and its output when it failed; returns whether all succeeded. */
export async function runSteps(steps: readonly Step[]): Promise<boolean> {
  let isWell = true;
  for (const step of steps) {
    const begin = Date.now();
    const { code, output } = await outcomeOf(step);
    const seconds = ((Date.now() - begin) / 1000).toFixed(1);
    console.log(`${code === 0 ? '✔' : '✖'} ${step.name.padEnd(12)} ${seconds.padStart(5)} s`);
    if (code !== 0) console.log(`${output.trimEnd()}\n  (${step.program} ${step.arguments.join(' ')})`);
    isWell &&= code === 0;
  }
  return isWell;
}

async function outcomeOf(step: Step): Promise<{ code: number | null; output: string }> {
  const child = spawn(step.program, step.arguments, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece: string) => (output += piece));
  await once(child, 'close');
  return { code: child.exitCode, output };
}
