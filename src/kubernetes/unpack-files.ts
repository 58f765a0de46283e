import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { isPathInside } from '../domain/manifest.ts';
import { stagingFailure } from '../staging/staging.ts';
import { filesDiffer, filesRefused } from './command-failures.ts';
import { PatientWriter } from './patient-writer.ts';

export interface MovedFile {
  /** Below the folder that was moved, `/`-separated. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The two blocks of zeros that end a tar archive. */
const endBytes = 1024;

/**
 * Takes a tar archive piece by piece and writes its files below a folder, each one new. Only files and folders with plain names inside are taken;
 * anything else is refused before a byte of it is written. Nothing is read from the archive but names, sizes and contents: owners, modes and times stay behind.
 */
export class Unpacking {
  readonly #folder: string;
  readonly #attempt: string;
  readonly #place: string;
  readonly #extract = extract();
  readonly #writer = new PatientWriter(this.#extract);
  readonly #files: MovedFile[] = [];
  readonly #done: Promise<void>;
  #zeros = 0;

  constructor({ folder, attempt, place }: { readonly folder: string; readonly attempt: string; readonly place: string }) {
    this.#folder = folder;
    this.#attempt = attempt;
    this.#place = place;
    this.#done = this.#readEntries();
    // Awaited at the end, or by the piece that is in the way.
    this.#done.catch(() => undefined);
  }

  /** Resolves when there is room for more; rejects where something was refused or could not be written. */
  async take(piece: Buffer): Promise<void> {
    this.#zeros = zerosAtEnd(piece, this.#zeros);
    await this.#writer.write(piece).catch(async (error: unknown) => {
      // What was in the way says more than that the archive was closed for it.
      await this.#done;
      throw error;
    });
  }

  /**
   * To be called when the archive's program has ended well.
   *
   * @throws Failure E_KUBERNETES_FILES when the archive has no end
   */
  async finish(): Promise<readonly MovedFile[]> {
    if (this.#zeros < endBytes) {
      this.abandon();
      throw filesDiffer(this.#attempt, this.#place, 'the archive has no end');
    }
    await this.#writer.end().catch(() => undefined);
    await this.#done;
    return this.#files;
  }

  abandon(): void {
    this.#extract.destroy(new Error('abandoned'));
  }

  async #readEntries(): Promise<void> {
    try {
      for await (const entry of this.#extract) await this.#write(entry.header, entry);
    } catch (error) {
      if (error instanceof Error && /^(Unexpected end|Invalid tar header|Invalid header|Header exceeds)/.test(error.message)) {
        throw filesDiffer(this.#attempt, this.#place, `it is no whole tar archive (${error.message})`);
      }
      throw error;
    }
  }

  async #write({ name, type, size }: Header, content: AsyncIterable<unknown> & { resume(): unknown }): Promise<void> {
    const inside = name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
    const refuse = (state: string) => filesRefused(this.#attempt, this.#place, state);
    if (type === 'directory' && (inside === '' || inside === '.')) return void content.resume();
    if (!isPathInside(inside) || /\p{Cc}/u.test(inside)) throw refuse(`${JSON.stringify(name)} is no name inside the folder`);
    if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') throw refuse(`"${inside}" is neither a file nor a folder`);
    const target = path.join(this.#folder, inside);
    try {
      if (type === 'directory') {
        await mkdir(target, { recursive: true });
        return void content.resume();
      }
      await mkdir(path.dirname(target), { recursive: true });
      const hash = createHash('sha256');
      let bytes = 0;
      const watch = new Transform({
        transform: (piece: Buffer, _encoding, done) => {
          hash.update(piece);
          bytes += piece.length;
          done(null, piece);
        },
      });
      await pipeline(content, watch, createWriteStream(target, { flags: 'wx', mode: 0o640 }));
      if (bytes !== size) throw filesDiffer(this.#attempt, this.#place, `"${inside}" has ${size} bytes there, and ${bytes} came`);
      this.#files.push({ path: inside, bytes, sha256: hash.digest('hex') });
    } catch (error) {
      throw error instanceof Error && 'syscall' in error ? stagingFailure(`Cannot write ${target}`, error) : error;
    }
  }
}

/** How many zeros in a row end what has come so far. */
function zerosAtEnd(piece: Buffer, before: number): number {
  const from = Math.max(0, piece.length - endBytes);
  let at = piece.length;
  while (at > from && piece[at - 1] === 0) at -= 1;
  const zeros = piece.length - at;
  return zeros === piece.length ? Math.min(endBytes, before + zeros) : zeros;
}
