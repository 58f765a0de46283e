import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../foundation/clock.ts';
import { messageOf } from '../../foundation/failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Counters } from '../reporting/counters.ts';
import type { HttpWay } from '../reporting/http-request.ts';
import type { ReadSecret } from '../reporting/reporting-parts.ts';
import type { AgentMetrics } from './agent-metrics.ts';
import { lastingSamples, samplesWithoutHistory } from './chosen-samples.ts';
import type { MetricSample } from './metric-definitions.ts';
import { pushToGateway } from './push-gateway.ts';
import { renderMetrics } from './render-metrics.ts';

export interface MetricTargetParts {
  readonly settings: Config['metrics'];
  readonly metrics: AgentMetrics;
  readonly agent: { readonly name: string; readonly group: string; readonly startedAt: string };
  readonly version: string;
  /** The process makes one run and ends: only what stays true after that is sent, and under no name of an agent. */
  readonly isOnce: boolean;
  /** Until it is, one run that was seen must not take the place of all that an earlier process pushed. */
  readonly isHistoryRead: () => boolean;
  readonly secret: ReadSecret;
  readonly way: HttpWay;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly log: Logger;
}

interface MetricTarget {
  readonly kind: 'push-gateway' | 'otlp';
  readonly send: (signal: AbortSignal) => Promise<void>;
  isFailing: boolean;
}

/** Where the metrics are sent to by themselves. A failure is counted, and logged when it begins; the next interval is the next try. */
export class MetricTargets {
  readonly #parts: MetricTargetParts;
  readonly #targets: readonly MetricTarget[];
  readonly #over = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(parts: MetricTargetParts) {
    this.#parts = parts;
    this.#targets = [gatewayTarget(parts), otlpTarget(parts)].filter((target) => target !== undefined);
    for (const { kind } of this.#targets) for (const outcome of ['sent', 'failed']) this.#count(kind, outcome, 0);
  }

  /** Sends each interval, the first one included, until it is stopped. */
  begin(): void {
    if (this.#targets.length > 0) this.#loop = this.#sendForEver();
  }

  /** Ends the sending; what is under way is let go. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#loop;
  }

  /** Sends everything once; resolves also where that fails. */
  async sendOnce(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#targets.map((target) => this.#send(target, signal)));
  }

  async #sendForEver(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await this.#parts.clock.sleep(this.#parts.settings.interval, signal).catch(() => undefined);
      if (!signal.aborted) await this.sendOnce(signal);
    }
  }

  async #send(target: MetricTarget, signal: AbortSignal): Promise<void> {
    const { log } = this.#parts;
    const { kind } = target;
    try {
      await target.send(signal);
      this.#count(kind, 'sent');
      if (target.isFailing) log.info({ kind }, 'the metrics are sent again');
      target.isFailing = false;
    } catch (error) {
      if (this.#over.signal.aborted && signal === this.#over.signal) return;
      this.#count(kind, 'failed');
      if (!target.isFailing) log.warn({ kind, reason: messageOf(error) }, 'the metrics could not be sent');
      target.isFailing = true;
    }
  }

  #count(kind: string, outcome: string, by?: number): void {
    this.#parts.counters.add('rootcellar_metric_pushes_total', { kind, outcome }, by);
  }
}

function gatewayTarget(parts: MetricTargetParts): MetricTarget | undefined {
  const { settings, agent, isOnce, way } = parts;
  const { pushGateway: gateway, pushGatewayTokenFile } = settings;
  if (gateway === undefined) return undefined;
  const grouping = { group: agent.group, agent: isOnce ? undefined : agent.name };
  const send = async (signal: AbortSignal): Promise<void> => {
    const token = await tokenIn(parts, pushGatewayTokenFile, 'metrics.pushGatewayTokenFile');
    await pushToGateway({ gateway, grouping, token }, await renderMetrics(samplesToSend(parts)), way, signal);
  };
  return { kind: 'push-gateway', isFailing: false, send };
}

function otlpTarget(parts: MetricTargetParts): MetricTarget | undefined {
  const { settings, agent, isOnce, way, clock, version } = parts;
  const { otlp: address, otlpTokenFile } = settings;
  if (address === undefined) return undefined;
  const send = async (signal: AbortSignal): Promise<void> => {
    const token = await tokenIn(parts, otlpTokenFile, 'metrics.otlpTokenFile');
    const { sendOtlp } = await import('./otlp.ts');
    const source = { version, agent: isOnce ? undefined : agent.name, startedAt: new Date(agent.startedAt), now: clock.now() };
    await sendOtlp({ address, token }, { samples: samplesToSend(parts), source }, way, signal);
  };
  return { kind: 'otlp', isFailing: false, send };
}

function samplesToSend({ metrics, isOnce, isHistoryRead }: MetricTargetParts): readonly MetricSample[] {
  const samples = isHistoryRead() ? metrics.samples() : samplesWithoutHistory(metrics.samples());
  return isOnce ? lastingSamples(samples) : samples;
}

/** Read each time, as a token may be replaced. */
async function tokenIn({ secret }: MetricTargetParts, file: string | undefined, setting: string): Promise<string | undefined> {
  return file === undefined ? undefined : (await secret(file, setting)).reveal();
}
