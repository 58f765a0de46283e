import { formatBytes } from '../../../../src/foundation/sizes.ts';
import type { RunRecord } from '../../../../src/domain/run-record.ts';
import { readResult, type BackupResult, type PruneResult, type RunResultFacts, type VerifyResult } from './read-result.ts';
import { countOf } from '../../parts/count-of.ts';

/** One line of what came of a run: why it failed, or what it did. */
export function summaryOf({ job, failure, result }: Pick<RunRecord, 'job' | 'failure' | 'result'>): string {
  if (failure !== undefined) return failure.message;
  const facts = readResult(job, result);
  return facts === undefined ? '' : textOf(facts);
}

function textOf(facts: RunResultFacts): string {
  switch (facts.kind) {
    case 'backup':
      return backupText(facts);
    case 'verify':
      return verifyText(facts);
    case 'drill':
      return `${facts.report.outcome}: snapshot ${facts.report.snapshot.slice(0, 12)}`;
    case 'forget':
      return facts.isDone
        ? `forgot ${facts.forgotten.length}, kept ${facts.kept.length}`
        : `would forget ${facts.forgotten.length} and keep ${facts.kept.length}`;
    case 'prune':
      return pruneText(facts);
  }
}

function pruneText({ isDone, bytes, removedBytes, hidden }: PruneResult): string {
  if (!isDone) return `${formatBytes(bytes)} would be removed`;
  if (hidden === undefined) return `${formatBytes(removedBytes)} removed`;
  return `${formatBytes(removedBytes)} hidden, ${formatBytes(hidden.swept?.bytes ?? 0)} given back`;
}

function backupText({ snapshot, newBytes, forgotten }: BackupResult): string {
  const size = snapshot.bytes === undefined ? '' : `, ${formatBytes(snapshot.bytes)}`;
  const news = newBytes === undefined ? '' : `, ${formatBytes(newBytes)} of it new`;
  return `snapshot ${snapshot.id.slice(0, 12)}${size}${news}${forgotten.length === 0 ? '' : `; forgot ${forgotten.length}`}`;
}

function verifyText({ snapshots, isWhole, isDataRead, part }: VerifyResult): string {
  const hurt = snapshots.filter(({ damages }) => damages.length > 0).length;
  const all = countOf(snapshots.length, 'snapshot');
  if (isWhole === false) return hurt === 0 ? `damaged, and ${all} whole nevertheless` : `damaged: ${hurt} of ${all}`;
  const how = isDataRead ? 'every byte was read' : part === undefined ? 'presence and size' : `${part.name} was read`;
  return `${isWhole === true ? 'whole' : 'no damage found'}: ${all}, ${how}`;
}
