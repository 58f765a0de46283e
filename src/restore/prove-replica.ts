import { stat } from 'node:fs/promises';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import { EntryTotals } from '../domain/entry-digest.ts';
import { comparableDn } from '../domain/comparable-dn.ts';
import type { EntryProof } from '../domain/recovery-report.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { RunFolder } from '../staging/staging.ts';
import { compareEntries, type TimeWindow } from './compare-entries.ts';
import { entriesBelow, totalsByBaseDn } from './entries-below.ts';
import { exportAnew, ldifSource, outcomeOf, proofExport } from './prove.ts';

export interface ProveReplicaRequest {
  /** A connection to the replica. */
  readonly replica: DirectoryServer;
  /** As the proofs name it: its name in the topology. */
  readonly serverName: string;
  /** The server that was restored into and proven: what the replica must have. */
  readonly target: DirectoryServer;
  /** Which backend of the target holds the base DNs. */
  readonly backend: string;
  readonly baseDns: readonly string[];
  /** The folder that the target was proven in; where its export is no longer there, the target makes another. */
  readonly run: RunFolder;
  /**
   * RFC 3339, by the servers' clocks: since when writers may have been at work again. Undefined where they are kept away: then every difference is a fault.
   */
  readonly writersSince?: string | undefined;
}

/**
 * Compares the entries of another replica, read over LDAP, with those of the restored target. What writers did since the target's export is told apart as in a restore.
 * The account must see all attributes on both, and search without an index.
 *
 * Says what it found and never rejects for a difference.
 */
export async function proveReplica(request: ProveReplicaRequest, options: OperationContext = {}): Promise<readonly EntryProof[]> {
  const { run, target, backend, baseDns, replica } = request;
  const file = proofExport(run, backend);
  const exported = (await isThere(file.folder)) ? file : await exportAnew({ server: target, run }, backend, options);
  const allBaseDns = (await target.describe(options)).backends.find(({ id }) => id === backend)?.baseDns.map(({ dn }) => dn) ?? baseDns;
  const source = ldifSource(exported.folder, options.signal);
  const totals = await totalsByBaseDn(source, allBaseDns);
  const proofs: EntryProof[] = [];
  for (const baseDn of baseDns) {
    const step = `read the entries of ${request.serverName} below ${baseDn}`;
    options.report?.({ kind: 'begin', step });
    const own = allBaseDns.find((dn) => comparableDn(dn) === comparableDn(baseDn)) ?? baseDn;
    const expected = totals.get(own) ?? new EntryTotals();
    const comparison = await compareEntries({
      expected: entriesBelow(source, own, allBaseDns),
      found: () => replica.readEntries(baseDn, options),
      expectedEntries: expected.entries,
      later: 'found',
      ...(await sinceThen(request, baseDn, expected.entries, options)),
    });
    options.report?.({ kind: 'end', step });
    proofs.push({
      server: request.serverName,
      backend,
      baseDn,
      by: 'entries',
      expectedEntries: expected.entries,
      foundEntries: comparison.found.entries,
      expectedDigest: expected.digest,
      foundDigest: comparison.found.digest,
      ...outcomeOf(comparison),
    });
  }
  return proofs;
}

/** What tells the work of writers apart, where there may be any: their entries' times, and the target's counts. */
async function sinceThen(
  { target, backend, writersSince }: ProveReplicaRequest,
  baseDn: string,
  entriesThen: number,
  options: OperationContext,
) {
  if (writersSince === undefined) return {};
  const window: TimeWindow = { began: Math.floor(Date.parse(writersSince) / 1000), ended: 0xffff_ffff };
  const removedMeanwhile = async (created: number): Promise<number> => {
    const now = (await target.describe(options)).backends.find(({ id }) => id === backend)?.baseDns;
    const entriesNow = now?.find(({ dn }) => comparableDn(dn) === comparableDn(baseDn))?.entries;
    return entriesNow === undefined ? 0 : Math.max(0, entriesThen + created - entriesNow);
  };
  return { window, removedMeanwhile };
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
