import type { GrowthPoint } from './overview-document.ts';

export const measures = ['bytes', 'newBytes', 'held', 'entries', 'milliseconds'] as const;

export type Measure = (typeof measures)[number];

/** A snapshot as it is plotted. */
export interface PlottedPoint extends GrowthPoint {
  /** Bytes in the snapshots of its server up to it, for each byte that was stored for them; of those of which it is known what was new. */
  readonly held?: number;
}

/** The points in the order of their times. */
export function plottedPoints(points: readonly GrowthPoint[]): readonly PlottedPoint[] {
  const sums = new Map<string, { readonly bytes: number; readonly newBytes: number }>();
  return points
    .toSorted((a, b) => a.time.localeCompare(b.time))
    .map((point) => {
      if (point.newBytes === undefined) return point;
      const before = sums.get(point.server) ?? { bytes: 0, newBytes: 0 };
      const { bytes, newBytes } = { bytes: before.bytes + point.bytes, newBytes: before.newBytes + point.newBytes };
      sums.set(point.server, { bytes, newBytes });
      return newBytes === 0 ? point : { ...point, held: bytes / newBytes };
    });
}

/** A plot's data: `times` in seconds since 1970, rising; each of `series` has a value, or null, at each of them. */
export interface GrowthSeries {
  readonly times: readonly number[];
  readonly series: readonly { readonly server: string; readonly values: readonly (number | null)[] }[];
}

/** One line for each server, in the order of their names. Where no snapshot has the measure, there are no times. */
export function growthSeries(points: readonly PlottedPoint[], measure: Measure): GrowthSeries {
  const known = points.filter((point) => point[measure] !== undefined);
  const times = [...new Set(known.map(({ time }) => secondsOf(time)))].toSorted((a, b) => a - b);
  const servers = [...new Set(known.map(({ server }) => server))].toSorted();
  const placeOf = new Map(times.map((time, index) => [time, index]));
  return {
    times,
    series: servers.map((server) => {
      const values: (number | null)[] = times.map(() => null);
      for (const point of known) {
        if (point.server !== server) continue;
        values[placeOf.get(secondsOf(point.time)) ?? 0] = point[measure] ?? null;
      }
      return { server, values };
    }),
  };
}

function secondsOf(time: string): number {
  return Date.parse(time) / 1000;
}

export interface Dedup {
  /** Of snapshots of which it is known what was new. */
  readonly snapshots: number;
  /** What they hold in all. */
  readonly bytes: number;
  /** What was stored for them. */
  readonly newBytes: number;
}

/** What those snapshots hold in all, and what had to be stored for them; undefined where of none it is known. */
export function dedupOf(points: readonly GrowthPoint[]): Dedup | undefined {
  let [snapshots, bytes, newBytes] = [0, 0, 0];
  for (const point of points) {
    if (point.newBytes === undefined) continue;
    snapshots += 1;
    bytes += point.bytes;
    newBytes += point.newBytes;
  }
  return snapshots === 0 ? undefined : { snapshots, bytes, newBytes };
}

const kibibyte = 1024;

/** Where an axis of bytes has its lines: at round numbers of KiB, MiB or GiB, at most `most` steps up to `largest`. */
export function byteTicks(largest: number, most: number): readonly number[] {
  let unit = 1;
  while (largest / unit >= kibibyte) unit *= kibibyte;
  const least = Math.max(largest / unit / Math.max(1, most), 1 / kibibyte);
  const power = 2 ** Math.ceil(Math.log2(least));
  // 1, 2, 5 below ten and powers of two above: each is a round number of the unit, or of the one below.
  const step = ([0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].find((one) => one >= least && least >= 0.25) ?? power) * unit;
  const ticks: number[] = [];
  for (let index = 0; index * step < largest + step; index += 1) ticks.push(index * step);
  return ticks;
}
