import { sendRequest, type HttpWay } from '../reporting/http-request.ts';
import type { RenderedMetrics } from './render-metrics.ts';

/** Under which labels the gateway keeps what is pushed: what is pushed under the same ones replaces it, metric by metric. */
export interface PushGrouping {
  readonly group: string;
  /** Left out by runs whose agent has another name each time: the gateway forgets nothing. */
  readonly agent?: string | undefined;
}

/**
 * Pushes with POST, which replaces only the metrics that are in `rendered` and keeps all others, so that what is not known now stays as it was.
 *
 * @param gateway its address, with the path under which it lies, if any
 */
export async function pushToGateway(
  { gateway, grouping, token }: { readonly gateway: string; readonly grouping: PushGrouping; readonly token?: string | undefined },
  rendered: RenderedMetrics,
  way: HttpWay,
  signal?: AbortSignal,
): Promise<void> {
  const labels = Object.entries({ job: 'rootcellar', ...grouping }).filter(([, value]) => value !== undefined);
  const path = labels.map(([label, value]) => `/${label}/${encodeURIComponent(String(value))}`).join('');
  const url = new URL(gateway);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/metrics${path}`;
  await sendRequest(
    {
      url,
      method: 'POST',
      headers: { 'content-type': rendered.contentType, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      body: rendered.text,
      attempt: `Cannot push the metrics to ${new URL(gateway).origin}`,
      signal,
    },
    way,
  );
}
