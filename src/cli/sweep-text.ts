import type { Failure } from '../foundation/failure.ts';
import { formatBytes } from '../foundation/sizes.ts';
import type { PruneReport } from '../history/prune.ts';
import { failureJson, suspicionLines } from './lock-text.ts';
import type { Look } from './look.ts';
import { countOf, formatTime } from './snapshot-text.ts';

type Versions = Pick<PruneReport, 'sweepPlan' | 'swept' | 'sweepRefusal'>;

/** What the store did not let go: the first in words, and how many more. */
export function refusalLines(refusals: readonly Failure[], look: Look): readonly string[] {
  const [first, ...others] = refusals;
  if (first === undefined) return [];
  const more = others.length > 0 ? ` (and ${countOf(others.length, 'refusal')} more)` : '';
  const line = `${look.yellow('Not all could be removed, and stays for a later prune:')} ${first.message}${more}`;
  return first.hint === undefined ? [line] : [line, `  ${look.dim('→')} ${first.hint}`];
}

/** What `prune` says of versions; nothing where no locks are set. */
export function sweepLines({ sweepPlan, swept, sweepRefusal }: Versions, look: Look): readonly string[] {
  if (sweepRefusal !== undefined) {
    return [
      look.dim(
        'What was removed keeps its space: this account may not list versions. Allow s3:ListBucketVersions, or set a lifecycle rule.',
      ),
    ];
  }
  if (sweepPlan === undefined) return [];
  const { versions, bytes, suspicions } = sweepPlan;
  const hidden = `${countOf(versions.length, 'hidden version')} (${formatBytes(bytes)})`;
  return [
    ...(swept === undefined && versions.length > 0 ? [`With --yes ${hidden} would be given back, as far as no lock holds them.`] : []),
    ...(swept === undefined ? [] : sweptLines(swept)),
    ...suspicionLines(suspicions, look),
  ];
}

function sweptLines({ bytes, locked, refused }: NonNullable<Versions['swept']>): readonly string[] {
  const until = locked.until === undefined ? '' : `, the last until ${formatTime(locked.until.toISOString())} UTC`;
  const held = `${countOf(locked.versions, 'version')} (${formatBytes(locked.bytes)}) still locked${until}`;
  return [
    `Of what was removed before: ${formatBytes(bytes)} given back${locked.versions > 0 ? `; ${held}` : ''}.`,
    ...(refused.versions > 0
      ? [
          `The store did not let go ${countOf(refused.versions, 'version')} more: the right s3:DeleteObjectVersion is missing, or the bucket's own default holds them.`,
        ]
      : []),
  ];
}

export function sweepJson({ sweepPlan, swept, sweepRefusal }: Versions) {
  return {
    hiddenVersions: sweepPlan === undefined ? null : { versions: sweepPlan.versions.length, bytes: sweepPlan.bytes },
    swept:
      swept === undefined
        ? null
        : {
            bytes: swept.bytes,
            locked: { ...swept.locked, until: swept.locked.until?.toISOString() ?? null },
            refused: swept.refused,
          },
    sweepRefusal: failureJson(sweepRefusal),
    suspicions: sweepPlan?.suspicions ?? [],
  };
}
