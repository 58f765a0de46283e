import { jobs, runOutcomes } from '../../domain/run-record.ts';
import type { AgentEvent, AgentView } from '../agent-view.ts';
import type { ArchiveWatch } from '../reporting/archive-watch.ts';
import type { Counters } from '../reporting/counters.ts';
import type { ReportedRuns } from '../reporting/reported-runs.ts';
import type { MetricSample } from './metric-definitions.ts';
import { metricValues } from './metric-values.ts';
import { renderMetrics, type RenderedMetrics } from './render-metrics.ts';

export interface AgentMetricsParts {
  readonly view: AgentView;
  readonly version: string;
  readonly runs: ReportedRuns;
  readonly archive: ArchiveWatch;
  readonly counters: Counters;
}

/** The metrics of an agent as they are at the moment; asks nothing of the archive or the server. */
export class AgentMetrics {
  readonly #parts: AgentMetricsParts;

  constructor(parts: AgentMetricsParts) {
    this.#parts = parts;
    const { group } = parts.view;
    for (const command of jobs)
      for (const outcome of runOutcomes) parts.counters.add('rootcellar_runs_total', { group, command, outcome }, 0);
  }

  /** Must hear of each event of the view. */
  see(event: AgentEvent): void {
    if (event.kind !== 'ended' || !event.isOwn) return;
    const { group, job: command, outcome } = event.run;
    this.#parts.counters.add('rootcellar_runs_total', { group, command, outcome });
  }

  samples(): readonly MetricSample[] {
    const { view, version, runs, archive, counters } = this.#parts;
    const { user, system } = process.cpuUsage();
    const status = view.status();
    return metricValues({
      version,
      nodeVersion: process.version,
      status,
      runs: runs.newest(),
      archive: archive.facts,
      counted: counters.samples(),
      process: {
        startedAt: new Date(performance.timeOrigin),
        cpuSeconds: (user + system) / 1_000_000,
        residentBytes: process.memoryUsage.rss(),
      },
    });
  }

  /** In Prometheus' text format. */
  render(): Promise<RenderedMetrics> {
    return renderMetrics(this.samples());
  }
}
