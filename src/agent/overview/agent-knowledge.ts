import { judgeProtection, type Protection, type ProtectionJob } from '../../domain/protection.ts';
import type { Clock } from '../../foundation/clock.ts';
import { exitCodes, Failure, messageOf } from '../../foundation/failure.ts';
import type { AgentStatus, AgentView, JobStatus } from '../agent-view.ts';
import type { Overview } from '../http/api-schemas.ts';
import type { ArchiveFacts } from '../metrics/metric-values.ts';
import type { ArchiveWatch } from '../reporting/archive-watch.ts';
import { orAborted } from '../reporting/or-aborted.ts';
import { growthOf, type GrowthPoint } from './growth.ts';
import type { KnownArchive, KnownSnapshot, KnownSnapshots } from './known-archive.ts';
import type { RunFacts, ToldRun } from './run-facts.ts';

const mostPoints = 500;
/** How old the snapshots may be for those who look at the list, and for those who look at the whole. */
const listMilliseconds = 10_000;
const overviewMilliseconds = 60_000;
/** How long a list waits for what was changed just now. */
const waitMilliseconds = 10_000;

export interface AgentKnowledgeParts {
  readonly view: AgentView;
  readonly archive: ArchiveWatch;
  readonly facts: RunFacts;
  readonly alarms: () => Overview['alarms'];
  readonly clock: Clock;
  /** Of the archive, for people. */
  readonly location: string;
  /** The setting `status.maxAge`. */
  readonly maxAgeMilliseconds: number;
}

/** What was worked out of one reading of the archive. */
interface Derived {
  readonly from: ArchiveFacts;
  readonly version: number;
  readonly snapshots: readonly KnownSnapshot[];
  readonly growth: readonly GrowthPoint[];
}

/** Answers the console from memory: from what the agent has read of the archive, and what runs told. */
export class AgentKnowledge implements KnownArchive {
  readonly #parts: AgentKnowledgeParts;
  #derived: Derived | undefined;
  /** The reading after the last change that this agent knows of. */
  #afterChange: Promise<void> | undefined;

  constructor(parts: AgentKnowledgeParts) {
    this.#parts = parts;
  }

  overview(): Overview {
    const { view, archive, alarms, clock, location } = this.#parts;
    archive.refreshIfOlder(overviewMilliseconds);
    const status = view.status();
    const derived = this.#derive();
    const { state, headline, reasons, servers } = this.#judge(status);
    const trouble = archive.failure === undefined ? undefined : messageOf(archive.failure);
    return {
      at: clock.now().toISOString(),
      archive: { location, readAt: archive.facts?.readAt.toISOString(), trouble },
      state,
      headline,
      reasons,
      servers: servers.map(({ lastGood, ...server }) => ({ ...server, lastGood: lastGood && { id: lastGood.id, time: lastGood.time } })),
      alarms: alarms(),
      growth: derived?.growth ?? [],
      growthOf: derived?.snapshots.length ?? 0,
    };
  }

  async snapshots(signal?: AbortSignal): Promise<KnownSnapshots> {
    const { archive } = this.#parts;
    if (archive.facts === undefined) await this.#wait(archive.refresh(), signal);
    else if (this.#afterChange !== undefined) {
      const patience = AbortSignal.timeout(waitMilliseconds);
      // What is known is told where the archive takes longer.
      await this.#wait(this.#afterChange, signal === undefined ? patience : AbortSignal.any([signal, patience])).catch(() => undefined);
    } else archive.refreshIfOlder(listMilliseconds);
    signal?.throwIfAborted();
    const derived = this.#derive();
    if (derived !== undefined) return { snapshots: derived.snapshots, readAt: derived.from.readAt };
    if (archive.failure === undefined) throw stopping();
    // As the archive rejected with it.
    throw archive.failure as Error;
  }

  changed(): void {
    const reading = this.#parts.archive.refresh().finally(() => {
      if (this.#afterChange === reading) this.#afterChange = undefined;
    });
    this.#afterChange = reading;
  }

  learn(run: ToldRun): void {
    this.#parts.facts.learn([run]);
  }

  #wait(reading: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    return signal === undefined ? reading : orAborted(reading, signal);
  }

  #derive(): Derived | undefined {
    const { archive, facts } = this.#parts;
    const from = archive.facts;
    if (from === undefined) return undefined;
    if (this.#derived?.from === from && this.#derived.version === facts.version) return this.#derived;
    const snapshots = from.snapshots.map((snapshot): KnownSnapshot => {
      const { entries, newBytes } = facts.backup(snapshot.id) ?? {};
      const lockedUntil = facts.lockedUntil(snapshot.id);
      return {
        ...snapshot,
        ...(entries === undefined ? {} : { entries }),
        ...(newBytes === undefined ? {} : { newBytes }),
        ...(lockedUntil === undefined ? {} : { lockedUntil }),
      };
    });
    this.#derived = { from, version: facts.version, snapshots, growth: growthOf(from.snapshots, facts, mostPoints) };
    return this.#derived;
  }

  #judge(status: AgentStatus): Protection {
    const { archive, facts, clock, maxAgeMilliseconds } = this.#parts;
    return judgeProtection({
      now: clock.now(),
      maxAgeMilliseconds,
      archive: archive.facts,
      archiveTrouble: archive.failure === undefined ? undefined : messageOf(archive.failure),
      agentTrouble: status.trouble,
      reloadFailure: status.reloadFailure,
      jobs: status.jobs.map((job) => jobOf(job, status)),
      verifies: facts.verifies,
      drillTimes: facts.drillTimes,
    });
  }
}

/** A reading that neither succeeded nor failed was given up. */
function stopping(): Failure {
  return new Failure('E_AGENT_STOPPING', 'Cannot list the snapshots: the agent is stopping', {
    exitCode: exitCodes.busy,
    hint: 'try again in a minute, or at another agent of the group',
  });
}

function jobOf({ job, expectedIntervalSeconds, nextAt, leader, last, lastSuccess }: JobStatus, { active }: AgentStatus): ProtectionJob {
  const isRunning = leader !== undefined || active.some((run) => run.job === job);
  return { job, expectedIntervalSeconds, nextAt, isRunning, last, lastSuccess };
}
