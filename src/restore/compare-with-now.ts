import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Archive } from '../archive/archive.ts';
import type { ManifestBackend } from '../domain/manifest.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { makeRunFolder, type RunFolder, type Staging } from '../staging/staging.ts';
import { compareEntries } from './compare-entries.ts';
import { entriesBelow, totalsByBaseDn } from './entries-below.ts';
import { isExportOf } from './exports-of-set.ts';
import { fetchSet } from './fetch.ts';
import { exportAnew, ldifSource } from './prove.ts';

/** What a restore would do to the entries of one base DN, as they are now. */
export interface EntryChanges {
  readonly backend: string;
  readonly baseDn: string;
  /** Undefined where the set has no export of the backend: then nobody can tell. */
  readonly counts:
    | {
        /** Entries that are there now and not in the set. */
        readonly lost: number;
        /** Entries that are in the set and not there now. */
        readonly broughtBack: number;
        /** Entries that get other values. */
        readonly changed: number;
      }
    | undefined;
  /** The first 50 of each kind. */
  readonly examples: readonly { readonly dn: string; readonly change: 'lost' | 'brought-back' | 'changed' }[];
}

export interface CompareWithNowRequest {
  readonly archive: Archive;
  readonly server: DirectoryServer;
  readonly staging: Staging;
  /** The name that the archive keeps the server under. */
  readonly serverName: string;
  readonly snapshot: Snapshot;
  readonly backends: readonly ManifestBackend[];
}

const changeOf = { missing: 'brought-back', unexpected: 'lost', different: 'changed' } as const;

/**
 * Has the server export what it has now, and compares every entry with the exports in the set, of which nothing else is fetched. Nothing on the server is
 * changed, and nothing stays in the staging folder. What is written while it works may be among the differences.
 *
 * @throws Failure of the fetch, of the server's export task, E_LDIF_INVALID (exit code 20)
 */
export async function compareWithNow(request: CompareWithNowRequest, options: OperationContext): Promise<readonly EntryChanges[]> {
  const { archive, server, staging, serverName, snapshot, backends } = request;
  const run = await makeRunFolder(staging, serverName, `compare-${snapshot.backupId}`);
  const set = path.join(run.folder, 'set');
  try {
    await fetchSet(archive, snapshot, set, { ...options, isPartAccepted: true, isWanted: isExportOf(backends) });
    const changes: EntryChanges[] = [];
    for (const backend of backends) changes.push(...(await changesOf({ backend, set, server, run }, options)));
    return changes;
  } finally {
    await rm(run.folder, { recursive: true, force: true });
  }
}

interface BackendToCompare {
  readonly server: DirectoryServer;
  readonly run: RunFolder;
  readonly backend: ManifestBackend;
  /** The folder with the exports of the set. */
  readonly set: string;
}

async function changesOf({ backend, set, ...place }: BackendToCompare, options: OperationContext): Promise<EntryChanges[]> {
  const { id, export: exported } = backend;
  const baseDns = backend.baseDns.map(({ dn }) => dn);
  if (exported === undefined) return baseDns.map((baseDn) => ({ backend: id, baseDn, counts: undefined, examples: [] }));
  const now = ldifSource((await exportAnew(place, id, options)).folder, options.signal);
  const then = ldifSource(path.join(set, exported.path), options.signal);
  const totals = await totalsByBaseDn(then, baseDns);
  const changes: EntryChanges[] = [];
  for (const baseDn of baseDns) {
    const { counts, examples } = await compareEntries({
      expected: entriesBelow(then, baseDn, baseDns),
      found: entriesBelow(now, baseDn, baseDns),
      expectedEntries: totals.get(baseDn)?.entries ?? 0,
      later: 'found',
    });
    changes.push({
      backend: id,
      baseDn,
      counts: { lost: counts.unexpected, broughtBack: counts.missing, changed: counts.different },
      examples: examples.flatMap(({ dn, difference }) =>
        difference === 'changed-meanwhile' ? [] : [{ dn, change: changeOf[difference] }],
      ),
    });
  }
  return changes;
}
