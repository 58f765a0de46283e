import { depthOf, normalDn, parentDn } from '../../domain/dn.ts';
import { editsBetween } from '../../foundation/nearest-name.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { SnapshotExports } from '../exports/snapshot-exports.ts';

const offered = 3;

/**
 * The DNs of a snapshot that were most likely meant by one that it has not: names that are few edits away, first of all those of the same parent and those that only
 * lie elsewhere. Every entry is looked at.
 */
export async function nearestNames({ exports }: SnapshotExports, dn: string, options: OperationContext): Promise<readonly string[]> {
  const wanted = normalDn(dn);
  const parent = parentOf(wanted);
  const step = `look for names like "${dn}"`;
  options.report?.({ kind: 'begin', step });
  let best: { readonly dn: string; readonly distance: number }[] = [];
  for (const one of exports) {
    for await (const entries of one.scan(options)) {
      for (const entry of entries) {
        const normal = normalDn(entry.dn);
        const distance = distanceOf(normal, wanted, parent, best.at(offered - 1)?.distance ?? mostEdits(wanted));
        if (distance === undefined) continue;
        best = [...best, { dn: entry.dn, distance }].toSorted((a, b) => a.distance - b.distance).slice(0, offered);
      }
    }
  }
  options.report?.({ kind: 'end', step, note: best.length === 0 ? 'none' : `${best.length} found` });
  return best.map((one) => one.dn);
}

/** Undefined where it is not below `limit`. */
function distanceOf(normal: string, wanted: string, parent: string, limit: number): number | undefined {
  const isOfParent = parentOf(normal) === parent;
  const [own, other] = [firstStep(wanted), firstStep(normal)];
  // Elsewhere only the very name counts: one that was moved.
  if (!isOfParent) return own === other && depthOf(normal) > 1 && limit > 1 ? 1 : undefined;
  if (Math.abs(own.length - other.length) >= limit) return undefined;
  const edits = editsBetween(own, other);
  return edits < limit ? edits : undefined;
}

function mostEdits(normal: string): number {
  return Math.max(2, Math.floor(firstStep(normal).length / 3)) + 1;
}

function parentOf(normal: string): string {
  return parentDn(normal) ?? '';
}

function firstStep(normal: string): string {
  const parent = parentOf(normal);
  return parent === '' ? normal : normal.slice(0, normal.length - parent.length - 1);
}
