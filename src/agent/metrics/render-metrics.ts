import { Counter, Gauge, Registry } from 'prom-client';
import { metricDefinitions, type MetricSample } from './metric-definitions.ts';

export interface RenderedMetrics {
  readonly contentType: string;
  readonly text: string;
}

/** The samples in Prometheus' text format 0.0.4. Metrics without a sample are left out, so that a push takes nothing away. */
export async function renderMetrics(samples: readonly MetricSample[]): Promise<RenderedMetrics> {
  const registry = new Registry();
  for (const definition of metricDefinitions) {
    const own = samples.filter(({ name }) => name === definition.name);
    if (own.length === 0) continue;
    const { name, help, labels } = definition;
    const options = { name, help, labelNames: labels, registers: [registry] };
    if (definition.kind === 'counter') {
      const counter = new Counter(options);
      for (const sample of own) counter.inc({ ...sample.labels }, sample.value);
    } else {
      const gauge = new Gauge(options);
      for (const sample of own) gauge.set({ ...sample.labels }, sample.value);
    }
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
}
