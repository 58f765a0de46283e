import type { Job, RunRecord } from '../../domain/run-record.ts';
import { messageOf } from '../../foundation/failure.ts';
import type { AgentEvent, AgentView } from '../agent-view.ts';
import { AgentMetrics } from '../metrics/agent-metrics.ts';
import { MetricTargets } from '../metrics/metric-targets.ts';
import type { RenderedMetrics } from '../metrics/render-metrics.ts';
import { Notifier } from '../notify/notifier.ts';
import { ArchiveWatch } from './archive-watch.ts';
import { Counters } from './counters.ts';
import type { HttpWay } from './http-request.ts';
import { KnownRuns } from './known-runs.ts';
import { orAborted } from './or-aborted.ts';
import { readCertificates } from './read-certificates.ts';
import type { ReportingParts, ReportingSettings } from './reporting-parts.ts';

/** What an agent tells the world: metrics, notifications, pings. */
export interface Reporting {
  /** For `/metrics`. */
  readonly render: () => Promise<RenderedMetrics>;
  /** From now on as these settings say; what waits to be sent is still sent as before. @throws Failure E_SECRET_FILE, E_USAGE; then all stays as it was */
  readonly reload: (settings: ReportingSettings) => Promise<void>;
  /** Sends what waits and, a last time, the metrics; resolves after `stopMilliseconds` at the latest. To be called when no run is under way any more. */
  readonly stop: () => Promise<void>;
}

const historyMilliseconds = 15_000;
const retryMilliseconds = 60_000;
const refreshMilliseconds = 900_000;
const stopMilliseconds = 10_000;
/** What the metrics and the notifications ask about; each record is a request to the store. */
const mostRunsRead = 200;
const mostRunsOfJobRead = 20;

/**
 * Begins to tell of the agent behind `view`, and goes on until it is stopped. Resolves before the archive has answered; what is told from it has no value until then.
 *
 * @throws Failure E_SECRET_FILE, E_USAGE (exit code 2) when a file that the settings name cannot be used
 */
export async function startReporting(view: AgentView, parts: ReportingParts): Promise<Reporting> {
  const over = new AbortController();
  const runs = new KnownRuns();
  const counters = new Counters();
  const archive = new ArchiveWatch(parts, over.signal);
  const metrics = new AgentMetrics({ view, version: parts.version, runs, archive, counters });
  const reader = new HistoryReader(view, runs, parts);
  const open = (settings: ReportingSettings): Promise<Ways> => openWays(settings, { view, parts, metrics, counters, archive, reader });
  let ways = await open(parts.settings);
  const see = (event: AgentEvent): void => {
    if (event.kind === 'ended') {
      runs.add([event.run]);
      void archive.refresh();
    }
    metrics.see(event);
    ways.notifier.see(event);
  };
  const unsubscribe = view.onEvent(see);
  const firstReading = Promise.all([reader.readAll(over.signal), archive.refresh()]);
  const work = Promise.all([firstReading, refreshing(archive, parts, over.signal)]);
  if (parts.isOnce !== true) ways.targets.begin();
  return {
    render: () => metrics.render(),
    reload: async (settings) => {
      const old = ways;
      ways = await open(settings);
      if (parts.isOnce !== true) ways.targets.begin();
      await old.targets.stop();
      // In the background: a receiver that is away may take a quarter of an hour.
      void old.notifier.close(over.signal);
    },
    stop: async () => {
      const bound = AbortSignal.timeout(parts.stopMilliseconds ?? stopMilliseconds);
      await ways.targets.stop();
      await ways.notifier.close(bound);
      if (parts.isOnce === true) await orAborted(firstReading, bound).catch(() => undefined);
      await ways.targets.sendOnce(bound);
      unsubscribe();
      over.abort();
      await work;
    },
  };
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
async function openWays({ metrics: settings, notify }: ReportingSettings, sources: Sources): Promise<Ways> {
  const { view, parts, metrics, counters, archive, reader } = sources;
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
  readonly #runs: KnownRuns;
  readonly #parts: Pick<ReportingParts, 'clock' | 'log'>;
  #isRead = false;

  constructor(view: AgentView, runs: KnownRuns, parts: Pick<ReportingParts, 'clock' | 'log'>) {
    this.#view = view;
    this.#runs = runs;
    this.#parts = parts;
  }

  /** Whether {@link readAll} has resolved: then no run of the last weeks is unknown. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Resolves when the history was read, after as many tries as that takes, or `signal` is aborted. */
  async readAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#isRead) {
      this.#isRead = await this.#read({ limit: mostRunsRead }, signal);
      if (!this.#isRead) await this.#parts.clock.sleep(retryMilliseconds, signal).catch(() => undefined);
    }
  }

  async ofJob(job: Job): Promise<readonly RunRecord[]> {
    await this.#read({ job, limit: mostRunsOfJobRead });
    return this.#runs.of(job);
  }

  async #read(wanted: { readonly job?: Job; readonly limit: number }, signal?: AbortSignal): Promise<boolean> {
    const late = AbortSignal.timeout(historyMilliseconds);
    try {
      const records = this.#view.runs({ ...wanted, signal: signal === undefined ? late : AbortSignal.any([late, signal]) });
      this.#runs.add(await orAborted(records, late));
      return true;
    } catch (error) {
      this.#parts.log.debug({ reason: messageOf(error) }, 'the history could not be read for the metrics');
      return false;
    }
  }
}

/** Reads the snapshots again now and then: others than this group's agents may add and remove them. */
async function refreshing(archive: ArchiveWatch, { clock }: ReportingParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(refreshMilliseconds, signal).catch(() => undefined);
    if (!signal.aborted) await archive.refresh();
  }
}
