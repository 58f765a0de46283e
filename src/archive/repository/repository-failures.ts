import type { ManifestFile } from '../../domain/manifest.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { exitCodes, Failure } from '../../foundation/failure.ts';
import { nameOf } from './snapshot-facts.ts';

/** A snapshot that cannot be read. `cause`: what was found. */
export function snapshotDamaged({ id }: Snapshot, cause: unknown): Failure {
  return new Failure('E_SNAPSHOT_DAMAGED', `Cannot read snapshot ${id.slice(0, 12)}: it is damaged`, {
    exitCode: exitCodes.verificationFailed,
    hint: 'use another snapshot; "rootcellar verify" tells which are whole',
    cause,
  });
}

/** A file of a manifest that the snapshot's tree has not. `unreadable`: a folder of the tree that cannot be read. */
export function fileDamaged(snapshot: Snapshot, file: ManifestFile, unreadable: unknown): Failure {
  const state = unreadable === undefined ? 'it is not in the snapshot' : 'not all folders of the snapshot can be read';
  return new Failure('E_FILE_DAMAGED', `Cannot read ${nameOf(snapshot, file)}: ${state}`, {
    cause: unreadable,
    exitCode: exitCodes.verificationFailed,
    hint: 'use another snapshot; "rootcellar verify --read-data" tells which are whole',
  });
}
