import type { Archive, ContentObject, DataToRead } from '../archive/archive.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Clock } from '../foundation/clock.ts';
import { wrongUsage } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { chooseSubset, describeSubset, parseDataSubset } from './data-subset.ts';

/** Which part of the content is read. */
export interface ReadPart {
  /** For people: `group 3 of 30`. */
  readonly name: string;
  readonly objects: number;
  readonly ofObjects: number;
  readonly bytes: number;
  readonly ofBytes: number;
  /** What one object is. */
  readonly unit: 'pack' | 'file';
}

export interface Reading {
  readonly read: DataToRead;
  /** Undefined where it is all or nothing. */
  readonly part: ReadPart | undefined;
}

/**
 * Understands what is asked for, then chooses, once it is known what there is: of the content of these snapshots, or undefined: of all the archive.
 *
 * @throws Failure E_USAGE (exit code 2)
 */
export function chooseReading(
  { readData, readDataSubset }: { readonly readData: boolean; readonly readDataSubset: string | undefined },
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): (archive: Archive, snapshots: readonly Snapshot[] | undefined, options?: OperationContext) => Promise<Reading> {
  if (readDataSubset === undefined) return async () => ({ read: readData, part: undefined });
  if (readData)
    throw wrongUsage('Cannot read all data and a part of it: --read-data and --read-data-subset are both given', 'leave one of them out');
  const subset = parseDataSubset(readDataSubset, clock.now());
  return async (archive, snapshots, options) => {
    const all = await archive.contentObjects(snapshots, options);
    const chosen = chooseSubset(all, subset, random);
    if (chosen.length === all.length) return { read: true, part: undefined };
    const part: ReadPart = {
      name: describeSubset(subset),
      objects: chosen.length,
      ofObjects: all.length,
      bytes: sumOf(chosen),
      ofBytes: sumOf(all),
      unit: archive.layout === 'plain' ? 'file' : 'pack',
    };
    return { read: new Set(chosen.map(({ key }) => key)), part };
  };
}

function sumOf(objects: readonly ContentObject[]): number {
  return objects.reduce((sum, { bytes }) => sum + bytes, 0);
}
