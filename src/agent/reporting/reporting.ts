import { jobs, type Job, type RunRecord } from '../../domain/run-record.ts';
import { messageOf } from '../../foundation/failure.ts';
import type { AgentEvent, AgentView } from '../agent-view.ts';
import { AgentMetrics } from '../metrics/agent-metrics.ts';
import { MetricTargets } from '../metrics/metric-targets.ts';
import type { RenderedMetrics } from '../metrics/render-metrics.ts';
import { Notifier } from '../notify/notifier.ts';
import { AlarmWatch } from '../overview/alarm-watch.ts';
import { AgentKnowledge } from '../overview/agent-knowledge.ts';
import type { KnownArchive } from '../overview/known-archive.ts';
import { RunFacts } from '../overview/run-facts.ts';
import { ArchiveWatch } from './archive-watch.ts';
import { Counters } from './counters.ts';
import type { HttpWay } from './http-request.ts';
import { ReportedRuns } from './reported-runs.ts';
import { orAborted } from './or-aborted.ts';
import { readCertificates } from './read-certificates.ts';
import type { ReportingParts } from './reporting-parts.ts';

/** What an agent tells the world: metrics, notifications, pings. */
export interface Reporting {
  /** For `/metrics`. */
  readonly render: () => Promise<RenderedMetrics>;
  /** For the console. */
  readonly knowledge: KnownArchive;
  /** Sends what waits and, a last time, the metrics; resolves after `stopMilliseconds` at the latest. To be called when no run is under way any more. */
  readonly stop: () => Promise<void>;
}

const historyMilliseconds = 15_000;
const alarmMilliseconds = 15_000;
const retryMilliseconds = 60_000;
const refreshMilliseconds = 900_000;
const stopMilliseconds = 10_000;
/** Each record is a request to the store. */
const runsOfJobRead = 10;
const mostRunsOfJobRead = 160;
/** All that the history keeps, for the curves of the console. */
const mostBackupsRead = 500;
const backupsMilliseconds = 120_000;

/**
 * Begins to tell of the agent behind `view`, and goes on until it is stopped. Resolves before the archive has answered; what is told from it has no value until then.
 *
 * @throws Failure E_SECRET_FILE, E_USAGE (exit code 2) when a file that the settings name cannot be used
 */
export async function startReporting(view: AgentView, parts: ReportingParts): Promise<Reporting> {
  const over = new AbortController();
  const facts = new RunFacts();
  const runs = new ReportedRuns((records) => facts.learn(records));
  const counters = new Counters();
  const archive = new ArchiveWatch(parts, over.signal);
  const metrics = new AgentMetrics({ view, version: parts.version, runs, archive, counters });
  const reader = new HistoryReader(view, { runs, facts }, parts);
  const alarms = new AlarmWatch(view.name);
  const knowledge = new AgentKnowledge({
    ...parts,
    view,
    archive,
    facts,
    alarms: () => alarms.alarms,
    maxAgeMilliseconds: parts.settings.status.maxAge,
  });
  const { targets, notifier } = await openWays({ view, parts, metrics, counters, archive, reader });
  const see = (event: AgentEvent): void => {
    if (event.kind === 'ended') {
      runs.add([event.run]);
      knowledge.changed();
    }
    metrics.see(event);
    notifier.see(event);
  };
  const unsubscribe = view.onEvent(see);
  const firstReading = Promise.all([reader.readAll(over.signal), archive.refresh()]);
  const backups = parts.isOnce === true ? undefined : firstReading.then(() => reader.readBackups(over.signal));
  const lookingForAlarms = parts.isOnce === true ? undefined : lookForAlarms(alarms, { metrics, reader, clock: parts.clock }, over.signal);
  const work = Promise.all([firstReading, backups, refreshing(archive, parts, over.signal), lookingForAlarms]);
  if (parts.isOnce !== true) targets.begin();
  return {
    render: () => metrics.render(),
    knowledge,
    stop: async () => {
      const bound = AbortSignal.timeout(stopMillisecondsOf(parts));
      await targets.stop();
      const known: Promise<unknown> = parts.isOnce === true ? Promise.all([firstReading, archive.settled()]) : archive.settled();
      const sendLast = async (): Promise<void> => {
        // What cannot be read in time is left out.
        await orAborted(known, AbortSignal.any([bound, AbortSignal.timeout(stopMillisecondsOf(parts) / 2)])).catch(() => undefined);
        await targets.sendOnce(bound);
      };
      await Promise.all([notifier.close(bound), sendLast()]);
      unsubscribe();
      over.abort();
      await work;
    },
  };
}

function stopMillisecondsOf(parts: ReportingParts): number {
  return parts.stopMilliseconds ?? stopMilliseconds;
}

interface Ways {
  readonly targets: MetricTargets;
  readonly notifier: Notifier;
}

interface Sources {
  readonly view: AgentView;
  readonly parts: ReportingParts;
  readonly metrics: AgentMetrics;
  readonly counters: Counters;
  readonly archive: ArchiveWatch;
  readonly reader: HistoryReader;
}

/** Reads all files that the settings name, so that what is wrong with them is told now. */
async function openWays({ view, parts, metrics, counters, archive, reader }: Sources): Promise<Ways> {
  const { metrics: settings, notify } = parts.settings;
  const { secret, version, isOnce = false } = parts;
  const tokens = [
    ['metrics.pushGatewayTokenFile', settings.pushGatewayTokenFile],
    ['metrics.otlpTokenFile', settings.otlpTokenFile],
  ] as const;
  for (const [setting, file] of tokens) if (file !== undefined) await secret(file, setting);
  const [way, notifyWay] = await Promise.all([
    wayOf(settings.caFile, 'metrics.caFile', parts),
    wayOf(notify.caFile, 'notify.caFile', parts),
  ]);
  const notifier = await Notifier.open({
    ...parts,
    settings: notify,
    history: (job) => reader.ofJob(job),
    archive,
    counters,
    way: notifyWay,
  });
  const agent = { name: view.name, group: view.group, startedAt: view.status().startedAt };
  const isHistoryRead = (): boolean => reader.isRead;
  const targets = new MetricTargets({ ...parts, settings, metrics, agent, version, isOnce, isHistoryRead, way, counters });
  return { targets, notifier };
}

async function wayOf(caFile: string | undefined, setting: string, { environment }: ReportingParts): Promise<HttpWay> {
  return { environment, caPem: caFile === undefined ? undefined : await readCertificates(caFile, setting) };
}

/** Asks the agent for finished runs. The archive may not answer, which is when they are wanted most: then there are those that were seen. */
class HistoryReader {
  readonly #view: AgentView;
  readonly #runs: ReportedRuns;
  readonly #facts: RunFacts;
  readonly #parts: Pick<ReportingParts, 'clock' | 'log'>;
  #isRead = false;

  constructor(
    view: AgentView,
    known: { readonly runs: ReportedRuns; readonly facts: RunFacts },
    parts: Pick<ReportingParts, 'clock' | 'log'>,
  ) {
    this.#view = view;
    this.#runs = known.runs;
    this.#facts = known.facts;
    this.#parts = parts;
  }

  /** Whether {@link readAll} has resolved: then no run of the last weeks is unknown. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /**
   * Resolves when the newest runs of each job were read, back to the last that succeeded, after as many tries as that takes; or when `signal` is aborted.
   */
  async readAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#isRead) {
      const read = await Promise.all(jobs.map((job) => this.#readToSuccess(job, signal)));
      this.#isRead = read.every(Boolean);
      if (!this.#isRead) await this.#parts.clock.sleep(retryMilliseconds, signal).catch(() => undefined);
    }
  }

  /** Learns what the backups of the history cost, each a request to the store; what cannot be read stays unknown. */
  async readBackups(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      const bound = AbortSignal.any([AbortSignal.timeout(backupsMilliseconds), signal]);
      this.#facts.learn(await orAborted(this.#view.runs({ job: 'backup', limit: mostBackupsRead, signal: bound }), bound));
    } catch (error) {
      this.#parts.log.debug({ reason: messageOf(error) }, 'the backups of the history could not be read');
    }
  }

  async ofJob(job: Job): Promise<readonly RunRecord[]> {
    await this.#read(job, runsOfJobRead);
    return this.#runs.of(job);
  }

  async #readToSuccess(job: Job, signal: AbortSignal): Promise<boolean> {
    for (let limit = runsOfJobRead; limit <= mostRunsOfJobRead; limit *= 4) {
      const count = await this.#read(job, limit, signal);
      if (count === undefined) return false;
      if (count < limit || this.#runs.of(job).some(({ outcome }) => outcome === 'success')) break;
    }
    return true;
  }

  /** How many there were; undefined where the history cannot be read. */
  async #read(job: Job, limit: number, signal?: AbortSignal): Promise<number | undefined> {
    const late = AbortSignal.timeout(historyMilliseconds);
    try {
      const bound = signal === undefined ? late : AbortSignal.any([late, signal]);
      const read = await orAborted(this.#view.runs({ job, limit, signal: bound }), bound);
      this.#runs.add(read);
      return read.length;
    } catch (error) {
      this.#parts.log.debug({ reason: messageOf(error) }, 'the history could not be read for the metrics');
      return undefined;
    }
  }
}

/** Looks at the own metrics as a monitoring does; not before the history was read, as until then it would seem that nothing was ever done. */
async function lookForAlarms(
  alarms: AlarmWatch,
  { metrics, reader, clock }: { readonly metrics: AgentMetrics; readonly reader: HistoryReader; readonly clock: ReportingParts['clock'] },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(alarmMilliseconds, signal).catch(() => undefined);
    if (!signal.aborted && reader.isRead) alarms.look(metrics.samples(), clock.now());
  }
}

/** Reads the snapshots again now and then: others than this group's agents may add and remove them. */
async function refreshing(archive: ArchiveWatch, { clock }: ReportingParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(refreshMilliseconds, signal).catch(() => undefined);
    if (!signal.aborted) await archive.refresh();
  }
}
