import type { MetricName, MetricSample } from '../metrics/metric-definitions.ts';

/** What was counted since the agent began. */
export class Counters {
  readonly #samples = new Map<string, { -readonly [Key in keyof MetricSample]: MetricSample[Key] }>();

  /** Counts one more; with `by` 0 it only makes the counter known, so that its first step is seen as one. */
  add(name: MetricName, labels: MetricSample['labels'], by = 1): void {
    const key = JSON.stringify([name, labels]);
    const sample = this.#samples.get(key) ?? { name, labels, value: 0 };
    sample.value += by;
    this.#samples.set(key, sample);
  }

  samples(): readonly MetricSample[] {
    return [...this.#samples.values()].map((sample) => ({ ...sample }));
  }
}
