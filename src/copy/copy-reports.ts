import type { Archive } from '../archive/archive.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { OperationContext } from '../foundation/progress.ts';

/**
 * Takes over the reports of those of `snapshots` that were proven in the source since the target heard of it last; a copy has the very content that came back.
 * Reports that are damaged, or of what proved nothing, come along only with a proof. Costs nothing where nothing is proven.
 */
export async function copyReports(
  { source, target }: { readonly source: Archive; readonly target: Archive },
  snapshots: readonly Snapshot[],
  options: OperationContext,
): Promise<void> {
  const proven = snapshots.filter(({ provenAt }) => provenAt !== undefined);
  if (proven.length === 0) return;
  const there = (await target.list({}, options)).filter(({ state }) => state !== 'damaged');
  for (const snapshot of proven) {
    const copy = there.find(({ server, backupId }) => server === snapshot.server && backupId === snapshot.backupId);
    if (copy === undefined || (copy.provenAt ?? '') >= (snapshot.provenAt ?? '')) continue;
    const known = new Set((await target.reports(copy, options)).map(({ time, kind }) => `${time} ${kind}`));
    for (const { report } of await source.reports(snapshot, options)) {
      if (report === undefined || known.has(`${report.time} ${report.kind}`)) continue;
      await target.saveReport(copy, { ...report, snapshot: copy.id }, options);
    }
  }
}
