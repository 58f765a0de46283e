import path from 'node:path';
import { isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { filesDiffer } from './command-failures.ts';
import type { PodExec } from './pod-exec.ts';
import type { MovedFile } from './unpack-files.ts';

export interface Comparison {
  readonly exec: PodExec;
  /** In the container. */
  readonly folder: string;
  /** What lies in it, as this side has it. */
  readonly files: readonly MovedFile[];
  readonly attempt: string;
}

/** As many words as every system takes in one command. */
const filesAtOnce = 50;

/**
 * Asks the container for the SHA-256 of the files, or where it has no `sha256sum` for their sizes, and holds them against ours. A container that has `wc` neither
 * is told in a note, as nothing can be compared then; tar's own exit status stands for it.
 *
 * @throws Failure E_KUBERNETES_FILES
 */
export async function assertSame(comparison: Comparison, options: OperationContext): Promise<void> {
  const { exec, files } = comparison;
  if (await compared('sha256sum', ({ sha256 }) => sha256, comparison, options)) return;
  if (await compared('wc', ({ bytes }) => String(bytes), comparison, options)) return;
  const text = `the ${exec.location} has neither sha256sum nor wc: its ${files.length} files were not compared after their transfer`;
  options.report?.({ kind: 'note', level: 'warning', text });
}

/** False where the container has no such program. */
async function compared(
  program: 'sha256sum' | 'wc',
  ours: (file: MovedFile) => string,
  { exec, folder, files, attempt }: Comparison,
  { signal }: OperationContext,
): Promise<boolean> {
  const place = `${folder} of the ${exec.location}`;
  for (let at = 0; at < files.length; at += filesAtOnce) {
    const some = files.slice(at, at + filesAtOnce);
    const names = some.map((file) => path.posix.join(folder, file.path));
    const words = program === 'wc' ? ['-c', ...names] : names;
    const end = await exec.run({ attempt, command: [program, ...words], signal }).catch((error: unknown) => {
      if (isFailure(error, 'E_KUBERNETES_PROGRAM_MISSING')) return undefined;
      throw error;
    });
    if (end === undefined) return false;
    const theirs = new Map(end.output.split('\n').flatMap((line) => saidOf(line) ?? []));
    for (const [index, file] of some.entries()) {
      const said = theirs.get(names[index] ?? '');
      if (said === undefined) throw filesDiffer(attempt, place, `${program} says nothing of "${file.path}"`);
      if (said !== ours(file))
        throw filesDiffer(attempt, place, `"${file.path}" is another there (${program}: ${said}) than here (${ours(file)})`);
    }
  }
  return true;
}

/** `<SHA-256>  <name>`, or `<bytes> <name>`. */
function saidOf(line: string): [[name: string, said: string]] | undefined {
  const [, said, name] = /^\s*([0-9a-f]+) [ *]?(\/.*)$/.exec(line) ?? [];
  return said === undefined || name === undefined ? undefined : [[name, said]];
}
