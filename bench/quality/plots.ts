/** Rate-distortion curves as SVG: legible on white and on black, no script, no font of its own. */

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

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 56;
const RIGHT = 110;
const TOP = 40;
const BOTTOM = 44;
const LABEL_HEIGHT = 11;
const COLOURS = [
  '#4e79a7',
  '#f28e2b',
  '#e15759',
  '#76b7b2',
  '#59a14f',
  '#b6992d',
  '#b07aa1',
  '#d37295',
  '#9c755f',
  '#79706e',
];

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly label: string;
}

/** PSNR over rate: a line for jp2kit, dots for OpenJPEG. */
export function ratePlot(curves: readonly QualityCurve[]): string {
  const all = curves.flatMap(({ points }) => points.flatMap(({ ours, theirs }) => [ours, theirs]));
  const low = Math.floor(Math.min(...all) / 5) * 5;
  const high = Math.ceil(Math.max(...all) / 5) * 5;
  const y: Axis = { low, high, ticks: range(low, high, 5), label: 'PSNR, dB' };
  const marks = curves.map(({ points }, k) => {
    const colour = COLOURS[k % COLOURS.length];
    const line = points.map(({ bpp, ours }) => `${px(bpp)},${py(ours, y)}`).join(' ');
    const dots = points.map(({ bpp, theirs }) => `<circle cx="${px(bpp)}" cy="${py(theirs, y)}" r="2.5"/>`).join('');
    return (
      `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.5"/>` +
      `<g fill="none" stroke="${colour}">${dots}</g>`
    );
  });
  return frame(
    'PSNR over rate: jp2kit (lines) and OpenJPEG (circles)',
    y,
    `${marks.join('\n')}\n${endLabels(curves, ({ ours }) => ours, y)}`,
  );
}

/** How much better jp2kit is at the same size. */
export function differencePlot(curves: readonly QualityCurve[]): string {
  const all = curves.flatMap(({ points }) => points.map(({ ours, theirs }) => ours - theirs));
  const low = Math.min(-0.05, Math.floor(Math.min(...all) * 20) / 20);
  const high = Math.max(0.1, Math.ceil(Math.max(...all) * 20) / 20);
  const y: Axis = { low, high, ticks: range(low, high, 0.05), label: 'jp2kit less OpenJPEG, dB' };
  const marks = curves.map(({ points }, k) => {
    const colour = COLOURS[k % COLOURS.length];
    const line = points.map(({ bpp, ours, theirs }) => `${px(bpp)},${py(ours - theirs, y)}`).join(' ');
    return `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
  });
  const zero = `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(0, y)}" y2="${py(0, y)}" stroke="#888" stroke-width="1.5"/>`;
  return frame(
    'Difference of PSNR at the same size',
    y,
    `${zero}\n${marks.join('\n')}\n${endLabels(curves, ({ ours, theirs }) => ours - theirs, y)}`,
  );
}

const RATE_TICKS = [0.125, 0.25, 0.5, 1, 2, 3];

function frame(title: string, y: Axis, marks: string): string {
  const text = (x: number, at: number, anchor: string, words: string): string =>
    `<text x="${x}" y="${at}" text-anchor="${anchor}">${words}</text>`;
  const grid = [
    ...RATE_TICKS.map((bpp) => `<line x1="${px(bpp)}" x2="${px(bpp)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>`),
    ...y.ticks.map((tick) => `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(tick, y)}" y2="${py(tick, y)}"/>`),
  ];
  const digits = y.high - y.low < 2 ? 2 : 0;
  const labels = [
    text(LEFT, 22, 'start', title),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, 'middle', 'bits a pixel'),
    text(8, TOP - 6, 'start', y.label),
    ...RATE_TICKS.map((bpp) => text(px(bpp), HEIGHT - BOTTOM + 16, 'middle', String(bpp))),
    ...y.ticks.map((tick) => text(LEFT - 6, py(tick, y) + 4, 'end', tick.toFixed(digits))),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<g stroke="#ddd">${grid.join('')}</g>
<g fill="#333">${labels.join('')}</g>
${marks}
</svg>
`;
}

/** Rates stand at equal distances for equal factors. */
function px(bpp: number): number {
  const share = Math.log2(bpp / 0.125) / Math.log2(3 / 0.125);
  return round(LEFT + share * (WIDTH - LEFT - RIGHT));
}

function py(value: number, { low, high }: Axis): number {
  return round(HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM));
}

/** Names at the ends of the lines, moved apart where they would lie on each other. */
function endLabels(
  curves: readonly QualityCurve[],
  heightOf: (last: QualityCurve['points'][number]) => number,
  y: Axis,
): string {
  const labels = curves
    .map(({ label, points }, k) => ({
      label,
      colour: COLOURS[k % COLOURS.length],
      at: py(heightOf(points.at(-1)!), y),
    }))
    .sort((a, b) => a.at - b.at);
  for (let k = 1; k < labels.length; k++) labels[k]!.at = Math.max(labels[k]!.at, labels[k - 1]!.at + LABEL_HEIGHT);
  const text = labels.map(
    ({ label, colour, at }) => `<text x="${WIDTH - RIGHT + 6}" y="${at + 4}" fill="${colour}">${label}</text>`,
  );
  return `<g font-size="10">${text.join('')}</g>`;
}

function range(low: number, high: number, step: number): number[] {
  return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, k) => low + k * step);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
