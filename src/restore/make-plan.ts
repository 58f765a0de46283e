import type { Manifest } from '../domain/manifest.ts';
import type { ServerDescription } from '../directory-servers/directory-server.ts';
import { assertPrivileges } from '../directory-servers/server-checks.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { readJournal, type JournalDocument } from '../staging/restore-journal.ts';
import { keptSets } from '../staging/staging.ts';
import { unfinished } from '../staging/unfinished-restore.ts';
import { compareWithNow } from './compare-with-now.ts';
import { examineTarget } from './examine-target.ts';
import { isExportOf, withExports } from './exports-of-set.ts';
import { assertSpace, outlookOf } from './outlook.ts';
import { planRestore, type RestorePlan } from './plan.ts';
import { assertTopologyWish, planTopology } from './plan-topology.ts';
import type { RestoreRequest } from './restore-request.ts';

/** Only a restore of a topology is gone on with: of a single server all is done anew, which is as quick and leaves no doubt. */
export async function unfinishedOf(
  { staging, snapshot, backends, source }: RestoreRequest,
  name: string,
): Promise<JournalDocument | undefined> {
  const journal = await readJournal(staging, name);
  if (journal?.topology === undefined) return undefined;
  const isSame =
    journal.snapshot === snapshot.id && journal.backends.join(' ') === backends.join(' ') && (journal.source ?? 'backup') === source;
  if (isSame && journal.direction === 'forward') return journal;
  throw unfinished(journal, `restore ${snapshot.backupId}`);
}

/** What is known before the plan is made. */
export interface Known {
  readonly target: ServerDescription;
  readonly name: string;
  readonly manifest: Manifest;
  readonly earlier: JournalDocument | undefined;
}

/** Decides from what the servers, the archive and the staging folder say now; changes nothing. */
export async function makePlan(request: RestoreRequest, known: Known, options: OperationContext): Promise<RestorePlan> {
  return withChanges(request, await planFromFacts(request, known, options), known.name, options);
}

async function planFromFacts(
  request: RestoreRequest,
  { target, manifest, name, earlier }: Known,
  options: OperationContext,
): Promise<RestorePlan> {
  const { archive, server, wish, snapshot, backends, source, staging, clock } = request;
  const isReplica = target.replication.state === 'replicated' || earlier !== undefined;
  const read = async () => (await request.topology()).read(options);
  // Without --topology it only serves the sentence of the refusal.
  const state = isReplica ? await (wish.isWanted ? read() : read().catch(() => undefined)) : undefined;
  if (earlier === undefined || !wish.isWanted) assertTopologyWish(target.replication, server.location, wish, state);
  const known = source === 'export' ? withExports(manifest) : manifest.backends;
  const chosen = known.filter(({ id, role }) => (backends.length > 0 ? backends.includes(id) : role === 'user'));
  const files = source === 'export' ? manifest.files.filter(isExportOf(chosen)) : manifest.files;
  const isStaged = (await keptSets(staging, name)).some(({ snapshotId }) => snapshotId === snapshot.id);
  const outlook = await outlookOf({ archive, staging, snapshot, manifest, backends: chosen, files, isStaged }, options);
  const plan = planRestore({
    snapshot,
    manifest,
    target,
    serverName: name,
    outlook,
    now: clock.now(),
    // An export is in clear, and no database that a server would have to be compatible with.
    findings: source === 'export' ? undefined : await examineTarget(server, manifest, options),
    source,
    location: server.location,
    backends,
    topologyFor: (chosen) => (state === undefined ? undefined : topologyPlanOf(planTopology(state, chosen, wish), earlier)),
    done: earlier?.steps.filter(({ state: is }) => is === 'done').map(({ key }) => key),
  });
  if (plan.topology !== undefined) await (await request.topology()).assertReady('restore the topology', options);
  if (earlier === undefined) assertSpace(outlook, staging);
  return plan;
}

async function withChanges(
  request: RestoreRequest,
  plan: RestorePlan,
  serverName: string,
  options: OperationContext,
): Promise<RestorePlan> {
  if (request.isCompared !== true) return plan;
  await assertPrivileges(request.server, 'export', options);
  const backends = plan.steps.flatMap((step) => (step.kind === 'restore-backend' ? [step.backend] : []));
  return { ...plan, changes: await compareWithNow({ ...request, serverName, backends }, options) };
}

/** What goes on keeps to what was decided when it began: by now replicas may look like what it has made of them. */
function topologyPlanOf(now: ReturnType<typeof planTopology>, earlier: JournalDocument | undefined): ReturnType<typeof planTopology> {
  if (earlier?.topology === undefined) return now;
  const { others, ...before } = earlier.topology;
  return { ...before, others: others.map(({ entriesNow, ...other }) => ({ ...other, entriesNow })) };
}
