import { spokenDuration } from '../../foundation/spoken-duration.ts';
import type { Overview } from '../http/api-schemas.ts';
import type { MetricName, MetricSample } from '../metrics/metric-definitions.ts';
import { alarmTable, type AlarmDefinition, type AlarmFinding, type MetricSight, type Seen } from './alarm-table.ts';

type Alarm = Overview['alarms'][number];

/** Of which metrics the past is asked for. */
const levels: readonly MetricName[] = ['rootcellar_backup_entries'];
const levelSeconds = 3 * 86_400;

/** Which alarms there are, by looking at the metrics now and again; what was before the first look it does not know, but for what the metrics themselves tell. */
export class AlarmWatch {
  readonly #agent: string;
  /** When each finding that holds was first seen, in seconds. */
  #seen = new Map<string, number>();
  readonly #counters = new Map<string, { readonly value: number; readonly risenAt: number | undefined }>();
  /** Changes of a level, the oldest first. */
  readonly #levels = new Map<string, readonly { readonly at: number; readonly value: number }[]>();
  #alarms: readonly Alarm[] = [];

  constructor(agent: string) {
    this.#agent = agent;
  }

  /** As of the last look, the most severe first. */
  get alarms(): readonly Alarm[] {
    return this.#alarms;
  }

  look(samples: readonly MetricSample[], time: Date): void {
    const now = time.getTime() / 1000;
    this.#remember(samples, now);
    const sight = this.#sight(samples, now);
    const seen = new Map<string, number>();
    const alarms: Alarm[] = [];
    for (const definition of alarmTable) {
      for (const finding of definition.find?.(sight) ?? []) {
        const key = JSON.stringify([definition.name, finding.labels]);
        const since = finding.since ?? this.#seen.get(key) ?? now;
        seen.set(key, since);
        if (now - since >= definition.forMinutes * 60) alarms.push(alarmOf(definition, finding, since, this.#agent));
      }
    }
    this.#seen = seen;
    this.#alarms = alarms.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  }

  #remember(samples: readonly MetricSample[], now: number): void {
    for (const { name, labels, value } of samples) {
      const key = keyOf(name, labels);
      if (name.endsWith('_total')) {
        const before = this.#counters.get(key);
        const hasRisen = before !== undefined && value > before.value;
        this.#counters.set(key, { value, risenAt: hasRisen ? now : before?.risenAt });
      } else if (levels.includes(name)) {
        const before = this.#levels.get(key) ?? [];
        const known = before.at(-1)?.value === value ? before : [...before, { at: now, value }];
        // One that began before the time in question was still the level in it.
        const from = known.findLastIndex(({ at }) => at <= now - levelSeconds);
        this.#levels.set(key, known.slice(Math.max(0, from)));
      }
    }
  }

  #sight(samples: readonly MetricSample[], now: number): MetricSight {
    return {
      now,
      each: (name, labels = {}) => greatest(samples.filter((sample) => sample.name === name && hasLabels(sample.labels, labels))),
      risen: (name, seconds) =>
        samples.flatMap(({ labels, ...sample }) => {
          const risenAt = sample.name === name ? this.#counters.get(keyOf(name, labels))?.risenAt : undefined;
          return risenAt !== undefined && risenAt > now - seconds ? [{ labels, value: risenAt }] : [];
        }),
      most: (name, seconds) => {
        const all = samples.filter((sample) => sample.name === name).flatMap(({ labels }) => this.#levels.get(keyOf(name, labels)) ?? []);
        const from = all.findLastIndex(({ at }) => at <= now - seconds);
        const values = all.slice(Math.max(0, from)).map(({ value }) => value);
        return values.length === 0 ? undefined : Math.max(...values);
      },
    };
  }
}

const severities: readonly Alarm['severity'][] = ['critical', 'warning', 'info'];

function alarmOf({ name, severity, summary, runbook }: AlarmDefinition, finding: AlarmFinding, since: number, agent: string): Alarm {
  return { name, severity, text: textOf(summary, finding, agent), since: new Date(since * 1000).toISOString(), runbook };
}

function textOf(summary: string, { labels, value = 0 }: AlarmFinding, agent: string): string {
  return summary.replaceAll(/\{(\w+)(?::(\w+))?\}/g, (_, name: string, form: string | undefined) => {
    if (name === 'pod') return agent;
    if (name !== 'value') return labels[name] ?? '';
    if (form === 'duration') return spokenDuration(value * 1000);
    return form === 'time' ? new Date(value * 1000).toISOString() : String(value);
  });
}

/** Of samples with the same labels, from several agents, the greatest. */
function greatest(samples: readonly MetricSample[]): readonly Seen[] {
  const found = new Map<string, Seen>();
  for (const { name, labels, value } of samples) {
    const key = keyOf(name, labels);
    if ((found.get(key)?.value ?? -Infinity) < value) found.set(key, { labels, value });
  }
  return [...found.values()];
}

function hasLabels(labels: MetricSample['labels'], wanted: MetricSample['labels']): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function keyOf(name: string, labels: MetricSample['labels']): string {
  return JSON.stringify([name, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}
