import type { Archive } from '../archive/archive.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { Failure, isFailure, wrongUsage } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { findFile } from './select-entries.ts';

/** Where the bytes of a file go. */
export interface ByteSink {
  /** Resolves once it may be given more; to false when nobody takes any more, which ends the printing and is no error. */
  readonly write: (bytes: Uint8Array) => Promise<boolean>;
  readonly isTerminal: boolean;
}

/**
 * Writes one file of a snapshot to `sink`, in bounded memory. What is printed is checked, but only as a whole: an operator must take it for good
 * only when this has resolved.
 *
 * @throws Failure E_FILE_DAMAGED (exit code 20), perhaps after some was written
 * @throws Failure E_USAGE (exit code 2) at the first piece that is not text, where the sink is a terminal and `allowBinary` is false
 */
export async function printFile(
  archive: Archive,
  snapshot: Snapshot,
  path: string,
  sink: ByteSink,
  { allowBinary, ...context }: OperationContext & { readonly allowBinary: boolean },
): Promise<void> {
  const name = `${snapshot.server}/${snapshot.backupId}`;
  const file = findFile(await archive.entries(snapshot, context), path, name);
  const isText = sink.isTerminal && !allowBinary ? textCheck() : () => true;
  let written = 0;
  try {
    for await (const piece of archive.read(snapshot, file, context)) {
      if (!isText(piece)) throw notText(file.path);
      if (!(await sink.write(piece))) return;
      written += piece.length;
    }
  } catch (error) {
    if (written === 0 || !isFailure(error) || error.code === 'E_USAGE') throw error;
    const { code, message, exitCode, cause } = error;
    throw new Failure(code, message, { exitCode, cause, hint: 'what was printed is not the whole file: do not use it' });
  }
}

/** Tells of one piece after the other whether it is text that cannot steer a terminal; a character may be cut in two. */
function textCheck(): (piece: Uint8Array) => boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (piece) => {
    try {
      // oxlint-disable-next-line no-control-regex -- they are what makes it no text
      return !/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/.test(decoder.decode(piece, { stream: true }));
    } catch {
      return false;
    }
  };
}

function notText(path: string): Failure {
  return wrongUsage(
    `Cannot print ${path} at a terminal: it is not text, and could change how the terminal behaves`,
    'write it into a file with > FILE, pipe it into another program, or add --binary',
  );
}
