/**
 * The samples of a tile on their way into its planes, some rows at a time.
 */
import type { Siz } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import { lengthOf } from '../geometry/axis.ts';
import type { TileComponent } from '../geometry/tile.ts';
import { forwardIct, forwardRct } from '../transform/component-transform.ts';
import { ALL_IN_RANGE, loadSamples } from '../transform/level-shift.ts';
import { loadIctRow, loadRctRow } from '../transform/load-colour.ts';
import type { ComponentTransform } from './quantizers.ts';
import type { ComponentSamples } from './samples.ts';

/** Samples of a component, each described from the component's first column and row in the image. */
export type SamplesOf = (c: number) => ComponentSamples;

/** Loads and level-shifts the rows `y0 <= y < y1` of a tile-component; its plane has no gaps between rows. */
export function loadRows(
  siz: Siz,
  component: TileComponent,
  samples: ComponentSamples,
  plane: Int32Array | Float32Array,
  y0: number,
  y1: number,
): void {
  const { data, strideX, strideY } = samples;
  const { precision, signed } = siz.components[component.component];
  const from = firstSample(siz, component, samples) + y0 * strideY;
  const width = lengthOf(component.geometry.x);
  const height = y1 - y0;
  const bad = loadSamples(data, from, strideX, strideY, plane, y0 * width, width, width, height, precision, signed);
  if (bad === ALL_IN_RANGE) return;
  const { left, top } = cornerOf(siz, component);
  const row = Math.floor((bad - from) / strideY);
  const column = (bad - from - row * strideY) / strideX;
  const kind = `${signed ? 'signed' : 'unsigned'} ${precision}-bit`;
  const place = `component ${component.component}, sample (${left + column}, ${top + y0 + row})`;
  throw usage('sample-value', `${place}: ${data[bad]} is not a ${kind} sample`);
}

/**
 * Does so for the three components of a component transform, and transforms them. Their planes stand one after the other in `all`.
 */
export function loadColourRows(
  siz: Siz,
  components: readonly TileComponent[],
  samplesOf: SamplesOf,
  all: Int32Array | Float32Array,
  mct: ComponentTransform,
  y0: number,
  y1: number,
): void {
  const [s0, s1, s2] = [samplesOf(0), samplesOf(1), samplesOf(2)];
  const width = lengthOf(components[0].geometry.x);
  const size = all.length / 3;
  const areBytes =
    all.length < 2 ** 31 && // indices are 32-bit numbers
    s0.data instanceof Uint8Array &&
    s1.data instanceof Uint8Array &&
    s2.data instanceof Uint8Array &&
    s0.strideX === s1.strideX &&
    s0.strideX === s2.strideX &&
    siz.components.slice(0, 3).every(({ precision, signed }) => precision === 8 && !signed);
  if (!areBytes) {
    const planes = [0, 1, 2].map((c) => all.subarray(c * size, (c + 1) * size));
    for (let c = 0; c < 3; c++) loadRows(siz, components[c], samplesOf(c), planes[c], y0, y1);
    const [a, b, c] = planes;
    if (mct === 'rct') forwardRct(a as Int32Array, b as Int32Array, c as Int32Array, y0 * width, y1 * width);
    else forwardIct(a as Float32Array, b as Float32Array, c as Float32Array, y0 * width, y1 * width);
    return;
  }
  const [d0, d1, d2] = [s0.data as Uint8Array, s1.data as Uint8Array, s2.data as Uint8Array];
  const [a0, a1, a2] = [s0, s1, s2].map((samples, c) => firstSample(siz, components[c], samples));
  for (let y = y0; y < y1; y++) {
    const [at0, at1, at2] = [a0 + y * s0.strideY, a1 + y * s1.strideY, a2 + y * s2.strideY];
    const to = y * width;
    if (all instanceof Int32Array) {
      loadRctRow(d0, at0, d1, at1, d2, at2, s0.strideX, all, to, size + to, 2 * size + to, width);
    } else loadIctRow(d0, at0, d1, at1, d2, at2, s0.strideX, all, to, size + to, 2 * size + to, width);
  }
}

/** The first column and row of a tile-component, counted from the first of the component. */
function cornerOf({ xosiz, yosiz }: Siz, { geometry, xrsiz, yrsiz }: TileComponent): { left: number; top: number } {
  return { left: geometry.x.lo - Math.ceil(xosiz / xrsiz), top: geometry.y.lo - Math.ceil(yosiz / yrsiz) };
}

function firstSample(siz: Siz, component: TileComponent, { offset, strideX, strideY }: ComponentSamples): number {
  const { left, top } = cornerOf(siz, component);
  return offset + left * strideX + top * strideY;
}
