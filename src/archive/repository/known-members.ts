import path from 'node:path';
import type { ManifestFile, ZipMember } from '../../domain/manifest.ts';
import type { FileStretch } from '../../repository/repository.ts';
import type { SnapshotContents } from './foreign-snapshot.ts';

type KnownStretch = NonNullable<FileStretch['known']>;

/** What the members of the zips of an earlier set were stored as. */
export class KnownMembers {
  readonly #byName = new Map<string, KnownStretch>();

  /** `contents`: of the earlier set; undefined where there is none, and nothing is known. */
  constructor(contents: SnapshotContents | undefined) {
    for (const file of contents?.manifest.files ?? []) {
      const content = contents?.files.get(`${contents.prefix}${file.path}`)?.node.content ?? [];
      this.#addFile(file, content);
    }
  }

  /** The stretches of a file that is to be archived: its members. */
  stretchesOf(file: ManifestFile): readonly FileStretch[] {
    return (file.members ?? []).map((member) => ({
      at: member.at,
      length: member.storedBytes,
      known: this.#byName.get(nameOf(file, member)),
    }));
  }

  #addFile(file: ManifestFile, content: readonly string[]): void {
    const lengths = file.pieces?.bytes ?? [];
    // What was archived by restic, or before members were kept apart, has no such borders.
    if (lengths.length !== content.length) return;
    const placeOf = new Map<number, number>();
    let end = 0;
    for (const [index, length] of lengths.entries()) {
      placeOf.set(end, index);
      end += length;
    }
    placeOf.set(end, lengths.length);
    for (const member of file.members ?? []) {
      const from = placeOf.get(member.at);
      const to = placeOf.get(member.at + member.storedBytes);
      if (from === undefined || to === undefined) continue;
      const { bytes, crc32, isDeflated } = member;
      const known = { content: content.slice(from, to), lengths: lengths.slice(from, to), proof: { bytes, crc32, isDeflated } };
      this.#byName.set(nameOf(file, member), known);
    }
  }
}

/** The folder of its backend, its own name, and all that a zip says of its content. */
function nameOf(file: ManifestFile, { name, bytes, storedBytes, isDeflated, crc32 }: ZipMember): string {
  return JSON.stringify([path.posix.dirname(file.path), name, bytes, storedBytes, isDeflated, crc32]);
}
