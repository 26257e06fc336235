/** Rate-distortion curves. */
import {
  type Axes,
  type Axis,
  circles,
  colourOf,
  endLabels,
  levelLine,
  plot,
  polyline,
  range,
} from '../support/plot.ts';

/** The points of one picture. */
export interface QualityCurve {
  readonly label: string;
  readonly points: readonly {
    readonly bpp: number;
    readonly spared: number;
    readonly theirs: number;
    readonly ours: number;
  }[];
}

const RATE: Axis = {
  low: 0.125,
  high: 3,
  ticks: [0.125, 0.25, 0.5, 1, 2, 3],
  label: 'bits a pixel',
  logarithmic: true,
  format: String,
};

/** PSNR over rate: a line for jp2kit, dots for OpenJPEG. */
export function ratePlot(curves: readonly QualityCurve[]): string {
  const all = curves.flatMap(({ points }) => points.flatMap(({ ours, theirs }) => [ours, theirs]));
  const low = Math.floor(Math.min(...all) / 5) * 5;
  const high = Math.ceil(Math.max(...all) / 5) * 5;
  const axes = axesOf({ low, high, ticks: range(low, high, 5), label: 'PSNR, dB' });
  const marks = curves.flatMap(({ points }, k) => [
    polyline(
      points.map(({ bpp, ours }) => [bpp, ours]),
      axes,
      colourOf(k),
    ) +
      circles(
        points.map(({ bpp, theirs }) => [bpp, theirs]),
        axes,
        colourOf(k),
      ),
  ]);
  const ends = curves.map(({ label, points }) => ({ label, value: points.at(-1)!.ours }));
  return plot(
    'PSNR over rate: jp2kit (lines) and OpenJPEG (circles)',
    axes,
    `${marks.join('\n')}\n${endLabels(ends, axes)}`,
  );
}

/** How much better jp2kit is at the same size. */
export function differencePlot(curves: readonly QualityCurve[]): string {
  const all = curves.flatMap(({ points }) => points.map(({ ours, theirs }) => ours - theirs));
  const low = Math.min(-0.05, Math.floor(Math.min(...all) * 20) / 20);
  const high = Math.max(0.1, Math.ceil(Math.max(...all) * 20) / 20);
  const axes = axesOf({ low, high, ticks: range(low, high, 0.05), label: 'jp2kit less OpenJPEG, dB' });
  const marks = curves.map(({ points }, k) =>
    polyline(
      points.map(({ bpp, ours, theirs }) => [bpp, ours - theirs]),
      axes,
      colourOf(k),
    ),
  );
  const ends = curves.map(({ label, points }) => ({ label, value: points.at(-1)!.ours - points.at(-1)!.theirs }));
  return plot(
    'Difference of PSNR at the same size',
    axes,
    `${levelLine(0, axes)}\n${marks.join('\n')}\n${endLabels(ends, axes)}`,
  );
}

function axesOf(y: Pick<Axis, 'low' | 'high' | 'ticks' | 'label'>): Axes {
  const digits = y.high - y.low < 2 ? 2 : 0;
  return { x: RATE, y: { ...y, format: (tick) => tick.toFixed(digits) } };
}
