import type { Archive } from '../archive/archive.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import type { Clock } from '../foundation/clock.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { PodProbe } from '../kubernetes/pod-probe.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { Staging } from '../staging/staging.ts';
import { checkObjectLock, type LockRule } from './check-object-lock.ts';
import { checkPod } from './check-pod.ts';
import { checkServer } from './check-server.ts';
import { checkStore } from './check-store.ts';
import type { Finding } from './finding.ts';
import { runCheck, type CheckResult } from './run-check.ts';

export interface DoctorRequest {
  /** Made when asked for, as a wrong setting must be a finding and not the end. */
  readonly openStore: () => Promise<ObjectStore>;
  readonly openArchive: () => Promise<Archive>;
  /** Undefined where no server is configured: then only the archive is looked at. */
  readonly openServer: (() => Promise<DirectoryServer>) | undefined;
  readonly staging: Staging | undefined;
  /** Undefined where a folder is shared with the server. */
  readonly openPod?: (() => Promise<PodProbe>) | undefined;
  /** What the configuration asks of locks. */
  readonly objectLock?: LockRule | undefined;
  readonly clock: Clock;
  /** Names this visit, so that two at once do not disturb each other. */
  readonly name: string;
}

/**
 * Tries everything that a backup and a restore need, on the real store and the real server, and tells each result with its fix. Nothing it
 * makes stays behind, but for small objects where the account may not delete. Rejects with the signal's reason when it aborts.
 */
export async function examine(request: DoctorRequest, options: OperationContext = {}): Promise<readonly Finding[]> {
  const ofArchive = await examineArchive(request, options);
  options.signal?.throwIfAborted();
  const ofPod = request.openPod === undefined ? [] : await checkPod(request.openPod, options);
  options.signal?.throwIfAborted();
  const ofServer = await examineServer(request, options);
  options.signal?.throwIfAborted();
  return [...ofArchive, ...ofPod, ...ofServer];
}

async function examineArchive(request: DoctorRequest, options: OperationContext): Promise<readonly Finding[]> {
  let store: ObjectStore | undefined;
  try {
    const opened = await runCheck('archive: location', async () => {
      store = await request.openStore();
      return store.location;
    });
    if (store === undefined) return [opened];
    const findings = await checkStore(store, request.clock, request.name, options.signal);
    const lock = await lockFindings(store, findings, request, options);
    return [opened, ...findings, ...lock, await runCheck('archive: archive', () => archiveFound(request, options))];
  } finally {
    await store?.close();
  }
}

/** Of a store that cannot even be written to there is nothing to say. */
async function lockFindings(
  store: ObjectStore,
  [write]: readonly Finding[],
  request: DoctorRequest,
  options: OperationContext,
): Promise<readonly Finding[]> {
  if (write?.state === 'failed') return [];
  return [await runCheck('archive: object lock', () => checkObjectLock(store, request.objectLock, options.signal))];
}

async function archiveFound(request: DoctorRequest, options: OperationContext): Promise<CheckResult> {
  const archive = await request.openArchive();
  try {
    await archive.open(options);
    const snapshots = await archive.list({}, options);
    return `layout ${archive.layout}, ${snapshots.length} snapshots${snapshots[0] === undefined ? '' : `, the newest of ${snapshots[0].time}`}`;
  } finally {
    await archive.close();
  }
}

async function examineServer({ openServer, staging, name }: DoctorRequest, options: OperationContext): Promise<readonly Finding[]> {
  if (openServer === undefined || staging === undefined) {
    return [
      {
        check: 'server: connection',
        state: 'warning',
        text: 'no server is configured',
        fix: 'set ROOTCELLAR_SERVER_URL (--server-url) to look at it too',
      },
    ];
  }
  let server: DirectoryServer | undefined;
  try {
    const opened = await openServer();
    server = opened;
    return await checkServer(opened, staging, name, options);
  } catch (error) {
    return [await runCheck('server: connection', () => Promise.reject(error as Error))];
  } finally {
    await server?.close();
  }
}
