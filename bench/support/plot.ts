/** Plots as SVG: legible on white and on black, no script, no font of its own. */

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

/** One axis; where it is logarithmic, values stand at equal distances for equal factors. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly label: string;
  readonly logarithmic?: boolean;
  /** How a tick is written. */
  readonly format: (tick: number) => string;
}

/** The two axes of a plot. */
export interface Axes {
  readonly x: Axis;
  readonly y: Axis;
}

/** Points of a line, from left to right. */
export type Points = readonly (readonly [x: number, y: number])[];

/** The colour of the k-th line. */
export function colourOf(k: number): string {
  return COLOURS[k % COLOURS.length]!;
}

/** A line through points. */
export function polyline(points: Points, axes: Axes, colour: string): string {
  const places = points.map(([x, y]) => `${across(x, axes)},${down(y, axes)}`).join(' ');
  return `<polyline points="${places}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
}

/** Circles at points. */
export function circles(points: Points, axes: Axes, colour: string): string {
  const dots = points.map(([x, y]) => `<circle cx="${across(x, axes)}" cy="${down(y, axes)}" r="2.5"/>`).join('');
  return `<g fill="none" stroke="${colour}">${dots}</g>`;
}

/** A level line from side to side. */
export function levelLine(value: number, axes: Axes): string {
  const y = down(value, axes);
  return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="#888" stroke-width="1.5"/>`;
}

/** Names at the ends of the lines, moved apart where they would lie on each other. */
export function endLabels(ends: readonly { label: string; value: number }[], axes: Axes): string {
  const labels = ends
    .map(({ label, value }, k) => ({ label, colour: colourOf(k), at: down(value, axes) }))
    .sort((a, b) => a.at - b.at);
  for (let k = 1; k < labels.length; k++) labels[k]!.at = Math.max(labels[k]!.at, labels[k - 1]!.at + LABEL_HEIGHT);
  const text = labels.map(
    ({ label, colour, at }) => `<text x="${WIDTH - RIGHT + 6}" y="${at + 4}" fill="${colour}">${label}</text>`,
  );
  return `<g font-size="10">${text.join('')}</g>`;
}

/** A whole plot: title, grid, axes, and what is drawn on it. */
export function plot(title: string, axes: Axes, marks: string): string {
  const { x, y } = axes;
  const text = (at: number, height: number, anchor: string, words: string): string =>
    `<text x="${at}" y="${height}" text-anchor="${anchor}">${words}</text>`;
  const grid = [
    ...x.ticks.map(
      (tick) => `<line x1="${across(tick, axes)}" x2="${across(tick, axes)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>`,
    ),
    ...y.ticks.map(
      (tick) => `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${down(tick, axes)}" y2="${down(tick, axes)}"/>`,
    ),
  ];
  const labels = [
    text(LEFT, 22, 'start', title),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, 'middle', x.label),
    text(8, TOP - 6, 'start', y.label),
    ...x.ticks.map((tick) => text(across(tick, axes), HEIGHT - BOTTOM + 16, 'middle', x.format(tick))),
    ...y.ticks.map((tick) => text(LEFT - 6, down(tick, axes) + 4, 'end', y.format(tick))),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<g stroke="#ddd">${grid.join('')}</g>
<g fill="#333">${labels.join('')}</g>
${marks}
</svg>
`;
}

/** Evenly spaced ticks. */
export function range(low: number, high: number, step: number): number[] {
  return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, k) => low + k * step);
}

function across(value: number, { x }: Axes): number {
  return round(LEFT + shareOf(value, x) * (WIDTH - LEFT - RIGHT));
}

function down(value: number, { y }: Axes): number {
  return round(HEIGHT - BOTTOM - shareOf(value, y) * (HEIGHT - TOP - BOTTOM));
}

function shareOf(value: number, { low, high, logarithmic }: Axis): number {
  return logarithmic ? Math.log2(value / low) / Math.log2(high / low) : (value - low) / (high - low);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
