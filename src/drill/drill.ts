import type { Archive } from '../archive/archive.ts';
import type { ScratchServer, ScratchServers } from '../directory-servers/scratch-server.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { RecoveryReport } from '../domain/recovery-report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Clock } from '../foundation/clock.ts';
import { type Failure, interrupted, isFailure, messageOf, tellingInterruption } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { Assertion } from './assertions.ts';
import { recordReport } from './record-report.ts';
import { assertFits, recover, type Recovery } from './recover.ts';
import { TimedSteps } from './timed-steps.ts';

export interface DrillRequest {
  readonly archive: Archive;
  readonly scratch: ScratchServers;
  readonly clock: Clock;
  readonly program: string;
  readonly snapshot: Snapshot;
  /** Path of the product, as it is published. */
  readonly installation: string;
  /** Below which the drill has a folder of its own. */
  readonly parentFolder: string;
  readonly heapBytes: number;
  readonly encryptionPinFile: string | undefined;
  readonly assertions: readonly Assertion[];
  /** Leaves the server running, whatever came of it. */
  readonly isKept: boolean;
}

export interface DrillReport {
  readonly report: RecoveryReport;
  /** The server that was kept. */
  readonly kept: KeptServer | undefined;
}

export interface KeptServer extends Pick<ScratchServer, 'url' | 'bindDn' | 'passwordFile' | 'caFile' | 'processId'> {
  readonly folder: string;
}

/**
 * One drill: what dead ones left goes → a folder of its own → installation looked at → {@link recover} → everything ended and removed → report
 * saved in the archive. It takes no lease, as it changes nothing of a server or of the archive but for its own report; two at once have different folders and
 * ports. One that fails is recorded as failed, and rejects with its failure; one that the operator stops is not recorded.
 */
export async function drill(request: DrillRequest, options: OperationContext = {}): Promise<DrillReport> {
  const { scratch, parentFolder } = request;
  const told = (): Failure => interrupted('The drill', 'its server is ended and its folder removed', 'run it again; nothing was recorded');
  return tellingInterruption(options.signal, told, async () => {
    const rests = await scratch.sweep(parentFolder, options);
    if (rests.length > 0) {
      options.report?.({ kind: 'note', level: 'warning', text: `removed what a drill left that was killed: ${rests.join(', ')}` });
    }
    return runDrill(request, options);
  });
}

async function runDrill(request: DrillRequest, options: OperationContext): Promise<DrillReport> {
  const { clock } = request;
  const run = { began: clock.now(), timed: new TimedSteps(clock, options) };
  try {
    return await recoverInFolder(request, run);
  } catch (error) {
    // Bugs too: the drill did not come to its end, and whoever reads the archive shall see that.
    if (options.signal?.aborted === true || isFailure(error, 'E_INTERRUPTED')) throw error;
    const report = reportOf(request, run, { outcome: 'failed', reason: messageOf(error) });
    await recordReport(request.archive, request.snapshot, report, options);
    throw error;
  }
}

interface Run {
  readonly began: Date;
  readonly timed: TimedSteps;
}

async function recoverInFolder(request: DrillRequest, run: Run): Promise<DrillReport> {
  const { archive, scratch, snapshot, assertions, heapBytes, encryptionPinFile, isKept } = request;
  const { options } = run.timed;
  const installation = await scratch.inspect(request.installation, options);
  const manifest: Manifest = await archive.manifest(snapshot, options);
  assertFits(manifest, installation);
  const folder = await scratch.claimNew(request.parentFolder, options);
  let isLeft = false;
  try {
    const target = { folder, heapBytes, encryptionPinFile, hostNames: [] };
    const recovery = await recover({ archive, scratch, snapshot, manifest, installation, assertions, target }, run.timed);
    const milliseconds = request.clock.now().getTime() - run.began.getTime();
    await recovery.server.disconnect();
    isLeft = isKept;
    if (isKept) await scratch.release(folder);
    else await run.timed.step('tear it down', () => scratch.remove(folder));
    const { product, version } = installation;
    const report = reportOf(request, run, {
      ...outcomeOf(recovery),
      milliseconds,
      target: `${product} ${version} at ${recovery.server.url}`,
      proofs: [...recovery.proofs],
      assertions: [...recovery.assertions],
    });
    await recordReport(request.archive, request.snapshot, report, options);
    return { report, kept: isKept ? keptServer(recovery.server, folder) : undefined };
  } finally {
    if (!isLeft) await scratch.remove(folder);
  }
}

function keptServer({ url, bindDn, passwordFile, caFile, processId }: ScratchServer, folder: string): KeptServer {
  return { url, bindDn, passwordFile, caFile, processId, folder };
}

function outcomeOf({ reason }: Recovery): Pick<RecoveryReport, 'outcome' | 'reason'> {
  return reason === undefined ? { outcome: 'proven' } : { outcome: 'unproven', reason };
}

function reportOf(
  { clock, snapshot, program, installation }: DrillRequest,
  { began, timed }: Run,
  found: Pick<RecoveryReport, 'outcome'> & Partial<RecoveryReport>,
): RecoveryReport {
  const { id, backupId, server } = snapshot;
  return {
    version: 1,
    kind: 'drill',
    snapshot: id,
    backupId,
    server,
    time: began.toISOString(),
    program,
    milliseconds: clock.now().getTime() - began.getTime(),
    target: installation,
    steps: timed.steps,
    proofs: [],
    ...found,
  };
}
