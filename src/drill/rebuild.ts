import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Archive } from '../archive/archive.ts';
import type { ScratchServer, ScratchServers, ServerPorts } from '../directory-servers/scratch-server.ts';
import type { RecoveryReport } from '../domain/recovery-report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Clock } from '../foundation/clock.ts';
import { type Failure, interrupted, tellingInterruption } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { removeProofExports } from '../restore/prove.ts';
import type { KeptServer } from './drill.ts';
import { recordReport } from './record-report.ts';
import { assertFits, recover, setName, type Recovery } from './recover.ts';
import { TimedSteps } from './timed-steps.ts';

export interface RebuildRequest {
  readonly archive: Archive;
  readonly scratch: ScratchServers;
  readonly clock: Clock;
  readonly program: string;
  readonly snapshot: Snapshot;
  /** Path of the product, as it is published. */
  readonly installation: string;
  /** Below which the server and all that belongs to it stays: empty, or not there yet. */
  readonly folder: string;
  readonly ports: ServerPorts;
  /** The address that it listens on once it is proven. */
  readonly listenAddress: string;
  /** Names of this machine for the certificate, beside localhost. */
  readonly hostNames: readonly string[];
  readonly rootPasswordFile: string;
  readonly encryptionPinFile: string | undefined;
}

export interface RebuildReport {
  readonly report: RecoveryReport;
  readonly rebuilt: KeptServer & { readonly home: string; readonly ports: ServerPorts };
  /** The configuration of the server that was backed up, for whoever sets the rest by it; undefined where the set has none as LDIF. */
  readonly sourceConfiguration: string | undefined;
}

export const sourceConfigurationName = 'source-config.ldif';

/**
 * A server that stays, from a snapshot and an installation: {@link recover} on 127.0.0.1, and only once it is proven on the address that is asked for.
 * One that is not proven is stopped, and its files stay to be looked at. What fails before leaves nothing.
 */
export async function rebuild(request: RebuildRequest, options: OperationContext = {}): Promise<RebuildReport> {
  const { scratch, folder, clock } = request;
  const told = (): Failure => interrupted('The rebuild', `nothing of it is left in ${folder}`, 'run it again; the archive is untouched');
  return tellingInterruption(options.signal, told, async () => {
    await scratch.claim(folder, options);
    const run = { began: clock.now(), timed: new TimedSteps(clock, options) };
    try {
      return await rebuildInFolder(request, run);
    } catch (error) {
      await scratch.remove(folder);
      throw error;
    }
  });
}

interface Run {
  readonly began: Date;
  readonly timed: TimedSteps;
}

async function rebuildInFolder(request: RebuildRequest, { began, timed }: Run): Promise<RebuildReport> {
  const { archive, scratch, snapshot, folder, ports, hostNames, rootPasswordFile, encryptionPinFile, listenAddress, clock } = request;
  const { options } = timed;
  const installation = await scratch.inspect(request.installation, options);
  const manifest = await archive.manifest(snapshot, options);
  assertFits(manifest, installation);
  await scratch.assertFree(ports, listenAddress);
  const target = { folder, ports, hostNames, rootPasswordFile, encryptionPinFile, heapBytes: undefined };
  const recovery = await recover({ archive, scratch, snapshot, manifest, installation, assertions: [], target }, timed);
  const { server, reason } = recovery;
  if (reason !== undefined) await timed.step('stop the server', () => server.stop());
  else if (listenAddress !== '127.0.0.1') await timed.step(`listen on ${listenAddress}`, () => server.listenOn(listenAddress, options));
  await server.disconnect();
  const sourceConfiguration = await tidyUp(folder, manifest.configuration);
  const report = reportOf(request, { began, timed }, recovery, `${installation.product} ${installation.version} at ${server.url}`);
  await recordReport(archive, snapshot, report, options);
  await scratch.release(folder);
  return {
    report: { ...report, milliseconds: clock.now().getTime() - began.getTime() },
    rebuilt: rebuiltServer(server, folder),
    sourceConfiguration,
  };
}

/** Of the set only what somebody needs again is kept: the configuration of the server that was backed up. */
async function tidyUp(folder: string, configuration: string | undefined): Promise<string | undefined> {
  const kept = configuration === undefined ? undefined : path.join(folder, sourceConfigurationName);
  if (configuration !== undefined && kept !== undefined) await copyFile(path.join(folder, setName, configuration), kept);
  await rm(path.join(folder, setName), { recursive: true, force: true });
  await removeProofExports({ folder, serverFolder: folder });
  return kept;
}

function reportOf({ clock, snapshot, program }: RebuildRequest, { began, timed }: Run, recovery: Recovery, target: string): RecoveryReport {
  const { id, backupId, server } = snapshot;
  return {
    version: 1,
    kind: 'restore',
    snapshot: id,
    backupId,
    server,
    time: began.toISOString(),
    program,
    target,
    outcome: recovery.reason === undefined ? 'proven' : 'unproven',
    milliseconds: clock.now().getTime() - began.getTime(),
    steps: timed.steps,
    proofs: [...recovery.proofs],
    ...(recovery.reason !== undefined && { reason: recovery.reason }),
  };
}

function rebuiltServer(
  { url, bindDn, passwordFile, caFile, processId, home, ports }: ScratchServer,
  folder: string,
): RebuildReport['rebuilt'] {
  return { url, bindDn, passwordFile, caFile, processId, home, ports, folder };
}
