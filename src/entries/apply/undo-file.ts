import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { bytesOf } from '../../domain/byte-text.ts';
import { type ChangeRecord, commentText, encodeChange } from '../../domain/change-record.ts';
import { readChanges } from '../../domain/read-changes.ts';
import { Failure, exitCodes, isFailure, messageOf } from '../../foundation/failure.ts';
import { folderTrouble } from '../../foundation/folder-trouble.ts';
import type { PlannedChange, PlannedWaves } from '../plan/planned-change.ts';

/** One change that was planned, and what takes it back. */
export interface UndoRecord {
  readonly did: ChangeRecord;
  readonly undo: ChangeRecord;
  readonly reason: string;
}

export interface UndoFile {
  /** For people: the server that was changed. */
  readonly server: string;
  /** The last change first. */
  readonly records: readonly UndoRecord[];
}

const mark = '# rootcellar undo file, version 1';
const endMark = '# end of the undo file';
const recordMark = '#- ';
const didMark = '#=';

/**
 * Writes what takes the changes back, the last one first, as LDIF that `ldapmodify` takes too; each record's own change stands before it as a comment. Passwords are in
 * it, so only its owner may read it (0600). It is on the disk, and so is its name, when this resolves; a file that is there already is never touched.
 *
 * @throws Failure E_UNDO_NOT_WRITABLE
 */
export async function writeUndoFile(
  file: string,
  { waves }: PlannedWaves,
  { server, time }: { readonly server: string; readonly time: Date },
): Promise<void> {
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(Readable.from(undoText(waves, server, time), { objectMode: true }), 'latin1');
      await handle.sync();
    } finally {
      await handle.close();
    }
    const folder = await open(path.dirname(file), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    // What the operating system says has a code; anything else is a bug.
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Failure('E_UNDO_NOT_WRITABLE', `Cannot write the undo file ${file}: ${folderTrouble(error)}; nothing was changed`, {
      hint: 'name another file with --undo-file, in a folder that this user may write to and that has room',
      cause: error,
    });
  }
}

/** Characters of one byte each. */
function* undoText(waves: PlannedWaves['waves'], server: string, time: Date): Generator<string, void, void> {
  const total = waves.reduce((sum, wave) => sum + wave.length, 0);
  yield bytesOf(
    [
      mark,
      `# server: ${commentText(server)}`,
      `# written ${time.toISOString()}, before the first change`,
      `# changes: ${total}`,
      '# To take them back: rootcellar entry undo FILE',
      '# Stored passwords are in it: keep it as safe as a backup, and delete it when it is not needed any more.',
      '',
      'version: 1',
      '',
      '',
    ].join('\n'),
  );
  let number = total;
  for (const wave of waves.toReversed()) {
    for (const planned of wave.toReversed()) {
      yield bytesOf(recordText(planned, number));
      number -= 1;
    }
  }
  yield `${endMark}\n`;
}

function recordText({ change, undo, reason }: PlannedChange, number: number): string {
  const did = encodeChange(change, { areSecretsShown: true }).trimEnd();
  const lines = did.split('\n').map((line) => `${didMark}${line}`);
  return `${recordMark}${number}: ${commentText(reason)}\n${lines.join('\n')}\n${encodeChange(undo, { areSecretsShown: true })}`;
}

/**
 * Reads such a file, and nothing else: each record with its change, as many as it says, up to its end.
 *
 * @throws Failure E_UNDO_INVALID (exit code 20), which names the line
 */
export async function readUndoFile(file: string): Promise<UndoFile> {
  const reader = new UndoReader(file);
  const lines = createInterface({ input: createReadStream(file, 'latin1'), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) await reader.take(line);
  } catch (error) {
    if (isFailure(error)) throw error;
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw invalid(file, isMissing ? 'there is no such file' : folderTrouble(error));
  }
  return reader.finish();
}

class UndoReader {
  readonly #file: string;
  readonly #records: UndoRecord[] = [];
  #line = 0;
  #server: string | undefined;
  #total: number | undefined;
  #block: { readonly line: number; readonly reason: string; readonly did: string[]; readonly undo: string[] } | undefined;
  #isEnded = false;

  constructor(file: string) {
    this.#file = file;
  }

  async take(line: string): Promise<void> {
    this.#line += 1;
    if (this.#line === 1 && line !== mark) throw this.#invalid('it does not begin as one');
    if (this.#isEnded && line !== '') throw this.#invalid('something follows its end');
    if (line === endMark) {
      await this.#endBlock();
      this.#isEnded = true;
    } else if (line.startsWith(recordMark)) {
      await this.#endBlock();
      const reason = line.slice(line.indexOf(': ') + 2);
      this.#block = { line: this.#line, reason: Buffer.from(reason, 'latin1').toString('utf8'), did: [], undo: [] };
    } else if (this.#block === undefined) this.#takeHead(line);
    else if (line.startsWith(didMark)) this.#block.did.push(line.slice(didMark.length));
    else this.#block.undo.push(line);
  }

  finish(): UndoFile {
    if (!this.#isEnded) throw this.#invalid('it ends in the midst of it, so it was cut short');
    if (this.#total !== this.#records.length)
      throw this.#invalid(`it has ${this.#records.length} changes, and ${this.#total ?? 'no number of them'} were written`);
    return { server: this.#server ?? '', records: this.#records };
  }

  #takeHead(line: string): void {
    const [, word, value = ''] = /^# (server|changes): (.*)$/.exec(line) ?? [];
    if (word === 'server') this.#server = Buffer.from(value, 'latin1').toString('utf8');
    else if (word === 'changes') this.#total = Number(value);
    else if (line !== '' && line !== 'version: 1' && !line.startsWith('#'))
      throw this.#invalid('a change stands there without what it takes back');
  }

  async #endBlock(): Promise<void> {
    const block = this.#block;
    this.#block = undefined;
    if (block === undefined) return;
    const [did, undo] = [await this.#only(block.did, block.line), await this.#only(block.undo, block.line)];
    this.#records.push({ did, undo, reason: block.reason });
  }

  async #only(lines: readonly string[], line: number): Promise<ChangeRecord> {
    const source = Readable.from([Buffer.from(`${lines.join('\n')}\n`, 'latin1')]);
    const records = await Array.fromAsync(readChanges(source, { name: this.#file })).catch((error: unknown) => {
      throw invalid(this.#file, `the change at line ${line}: ${messageOf(error).replace(/^.*as LDIF: line \d+: /, '')}`);
    });
    const [record] = records;
    if (record === undefined || records.length > 1)
      throw invalid(this.#file, `at line ${line} stand ${records.length} changes instead of one`);
    return record;
  }

  #invalid(state: string): Failure {
    return invalid(this.#file, `line ${Math.max(1, this.#line)}: ${state}`);
  }
}

function invalid(file: string, state: string): Failure {
  return new Failure('E_UNDO_INVALID', `Cannot use the undo file ${file}: ${state}`, {
    exitCode: exitCodes.verificationFailed,
    hint: 'name a whole file that "rootcellar entry restore", "revert" or "undo" wrote; ldapmodify takes what is left of one',
  });
}
