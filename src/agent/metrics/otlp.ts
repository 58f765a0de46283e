import { ValueType, type HrTime } from '@opentelemetry/api';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { notDelivered, sendRequest, type HttpWay } from '../reporting/http-request.ts';
import { metricDefinitions, type MetricDefinition, type MetricSample } from './metric-definitions.ts';

/** Whose metrics they are. */
export interface OtlpSource {
  readonly version: string;
  /** Of the agent; undefined where it has another one each time. */
  readonly agent: string | undefined;
  readonly startedAt: Date;
  readonly now: Date;
}

/** Sends the metrics by OTLP over HTTP, in its binary form, which every receiver takes. */
export async function sendOtlp(
  { address, token }: { readonly address: string; readonly token?: string | undefined },
  { samples, source }: { readonly samples: readonly MetricSample[]; readonly source: OtlpSource },
  way: HttpWay,
  signal?: AbortSignal,
): Promise<void> {
  const body = ProtobufMetricsSerializer.serializeRequest(otlpMetrics(samples, source));
  if (body === undefined) throw new Error('the metrics could not be serialized');
  const url = new URL(address);
  const attempt = `Cannot send the metrics to ${url.origin}`;
  const headers = { 'content-type': 'application/x-protobuf', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  const answer = await sendRequest({ url, method: 'POST', headers, body, attempt, signal }, way);
  const rejected = rejectedPoints(answer);
  if (rejected > 0) throw notDelivered(attempt, `it rejected ${rejected} of the values`, 'never');
}

/** A receiver may take the request and leave values out of it. */
function rejectedPoints(answer: Uint8Array): number {
  if (answer.byteLength === 0) return 0;
  try {
    return Number(ProtobufMetricsSerializer.deserializeResponse(answer).partialSuccess?.rejectedDataPoints ?? 0);
  } catch {
    // Some answer with a text. They answered 2xx, which is what counts.
    return 0;
  }
}

export function otlpMetrics(samples: readonly MetricSample[], { version, agent, startedAt, now }: OtlpSource): ResourceMetrics {
  const resource = resourceFromAttributes({
    'service.name': 'rootcellar',
    'service.version': version,
    ...(agent === undefined ? {} : { 'service.instance.id': agent }),
  });
  const times = { startTime: hrTime(startedAt), endTime: hrTime(now) };
  const metrics = metricDefinitions.flatMap((definition) => {
    const own = samples.filter(({ name }) => name === definition.name);
    return own.length === 0 ? [] : [metricOf(definition, own, times)];
  });
  return { resource, scopeMetrics: [{ scope: { name: 'rootcellar', version }, metrics }] };
}

function metricOf(
  { name, help, unit, kind }: MetricDefinition,
  samples: readonly MetricSample[],
  times: { readonly startTime: HrTime; readonly endTime: HrTime },
): MetricData {
  const base = {
    descriptor: { name, description: help, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints: samples.map(({ labels, value }) => ({ ...times, attributes: { ...labels }, value })),
  };
  if (kind === 'counter') return { ...base, dataPointType: DataPointType.SUM, isMonotonic: true };
  return { ...base, dataPointType: DataPointType.GAUGE };
}

function hrTime(time: Date): HrTime {
  const milliseconds = time.getTime();
  return [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1_000_000];
}
