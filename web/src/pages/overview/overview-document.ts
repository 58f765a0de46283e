import type { Overview } from '../../../../src/agent/http/api-schemas.ts';
import { getDocument, type RequestOptions } from '../../api/client.ts';

export type { Overview };
export type SafetyState = Overview['state'];
export type Reason = Overview['reasons'][number];
export type ServerSafety = Overview['servers'][number];
export type Alarm = Overview['alarms'][number];
/** One of each snapshot, the oldest first; of very many an even choice. */
export type GrowthPoint = Overview['growth'][number];

/** @throws ApiFailure */
export function loadOverview(options: RequestOptions): Promise<Overview> {
  return getDocument<Overview>('/overview', options);
}
