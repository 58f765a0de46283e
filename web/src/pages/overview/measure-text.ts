import { formatCount } from '../../../../src/foundation/counts.ts';
import { formatDuration } from '../../../../src/foundation/durations.ts';
import { formatBytes } from '../../../../src/foundation/sizes.ts';
import type { Measure } from './growth-series.ts';

/** A value of a plot or of the table beside it, for people. */
export function measureText(measure: Measure, value: number): string {
  switch (measure) {
    case 'bytes':
    case 'newBytes':
      return formatBytes(value);
    case 'held':
      return `${value.toFixed(1)} times`;
    case 'entries':
      return formatCount(value);
    case 'milliseconds':
      return formatDuration(value);
  }
}
