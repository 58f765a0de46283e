import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useColours, type Colours } from './use-colours.ts';
import { byteTicks, type GrowthSeries, type Measure } from './growth-series.ts';
import { measureText } from './measure-text.ts';
import { timeText } from '../../parts/time.tsx';
import { useWidth } from '../../parts/use-width.ts';

const height = 190;
const font = '12px system-ui, sans-serif';
const twoDays = 2 * 86_400;
const dayName = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const hourName = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** A line for each server over time; new bytes are bars. The legend tells the values under the pointer, otherwise the newest ones. */
export function Plot({ measure, data }: { readonly measure: Measure; readonly data: GrowthSeries }) {
  const [place, width] = useWidth<HTMLDivElement>();
  const colours = useColours();
  const plot = useRef<UPlot>(undefined);
  const names = data.series.map(({ server }) => server).join('\n');
  useEffect(() => {
    if (place.current === null || width === 0 || colours === undefined) return undefined;
    plot.current = new UPlot(optionsOf(measure, data, colours, width), alignedData(data), place.current);
    return () => plot.current?.destroy();
  }, [measure, names, colours, width === 0]);
  useEffect(() => plot.current?.setSize({ width, height }), [width]);
  useEffect(() => plot.current?.setData(alignedData(data)), [data]);
  return <div ref={place} />;
}

function alignedData({ times, series }: GrowthSeries): UPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])];
}

function optionsOf(measure: Measure, { series }: GrowthSeries, colours: Colours, width: number): UPlot.Options {
  const axis: UPlot.Axis = {
    stroke: colours.text,
    grid: { stroke: colours.line, width: 1 },
    ticks: { stroke: colours.line, width: 1 },
    font,
  };
  return {
    width,
    height,
    legend: { show: true },
    cursor: { y: false, drag: { x: false, y: false } },
    hooks: { ready: [tellNewest], setData: [tellNewest], setLegend: [(plot) => (plot.legend.idx == null ? tellNewest(plot) : undefined)] },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, (most ?? 1) * 1.08)] } },
    axes: [
      { ...axis, space: 70, values: (_plot, ticks) => timeTexts(ticks) },
      {
        ...axis,
        size: 74,
        ...(measure === 'bytes' || measure === 'newBytes'
          ? { splits: (_plot, _axis, _least, most) => [...byteTicks(most, 4)].filter((tick) => tick <= most) }
          : {}),
        values: (_plot, ticks) => ticks.map((tick) => measureText(measure, tick)),
      },
    ],
    series: [
      { label: 'When', value: (_plot, seconds) => timeOf(seconds) },
      ...series.map(({ server }, index): UPlot.Series => {
        const stroke = colours.plots[index % colours.plots.length] ?? colours.text;
        return {
          label: server,
          stroke,
          width: 2,
          spanGaps: true,
          // A second round of colours has lines of another form.
          ...(index < colours.plots.length ? {} : { dash: [6, 4] }),
          ...(measure === 'newBytes' ? barsOf(stroke) : { points: { size: 5 } }),
          value: (_plot, value) => (typeof value === 'number' ? measureText(measure, value) : ''),
        };
      }),
    ],
  };
}

/** Each line's own newest value, as not every server has one at the last time. */
function tellNewest(plot: UPlot): void {
  const idxs = plot.data.map((values) => [...values].findLastIndex((value) => value != null));
  plot.setLegend({ idxs }, false);
}

function barsOf(fill: string): UPlot.Series {
  const paths = UPlot.paths.bars?.({ size: [0.6, 12] });
  return { fill, points: { show: false }, ...(paths === undefined ? {} : { paths }) };
}

function timeTexts(ticks: readonly number[]): string[] {
  const name = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0) < twoDays ? hourName : dayName;
  return ticks.map((tick) => name.format(new Date(tick * 1000)));
}

/** Nothing is under the pointer where it is null. */
function timeOf(seconds: number | null): string {
  return typeof seconds === 'number' ? timeText(new Date(seconds * 1000).toISOString()) : '';
}
