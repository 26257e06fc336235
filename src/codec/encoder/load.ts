/**
 * The samples of a tile on their way into its planes, some rows at a time.
 */
import type { Siz } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import type { TileComponent } from '../geometry/tile.ts';
import { forwardIct, forwardRct } from '../transform/component-transform.ts';
import { ALL_IN_RANGE, loadSamples } from '../transform/level-shift.ts';
import { loadIctRow, loadRctRow } from '../transform/load-colour.ts';
import type { ComponentTransform } from './quantizers.ts';
import type { ComponentSamples } from './samples.ts';

/** Samples of a component, each described from the component's first column and row in the image. */
export type SamplesOf = (c: number) => ComponentSamples;

/** Samples of a tile-component: `offset` is that of its first one. */
export interface TileSamples extends ComponentSamples {
  readonly precision: number;
  readonly signed: boolean;
}

/** The first sample that is none: its component among those that were loaded, and its index in that one's array. */
export interface BadSample {
  readonly component: number;
  readonly index: number;
}

/** The samples of a tile-component out of those of its component. */
export function tileSamplesOf(siz: Siz, component: TileComponent, samples: ComponentSamples): TileSamples {
  const { data, offset, strideX, strideY } = samples;
  const { precision, signed } = siz.components[component.component];
  const { left, top } = cornerOf(siz, component);
  return { data, offset: offset + left * strideX + top * strideY, strideX, strideY, precision, signed };
}

/**
 * Loads and level-shifts the rows `y0 <= y < y1` of one tile-component, or of the three of a component transform, and transforms them. Planes
 * have no gaps between rows, and stand one after the other in `all`, `size` samples each.
 */
export function loadRows(
  samples: readonly TileSamples[],
  mct: ComponentTransform,
  all: Int32Array | Float32Array,
  size: number,
  width: number,
  y0: number,
  y1: number,
): BadSample | undefined {
  if (samples.length === 3 && areBytes(samples, all)) {
    loadBytes(samples, all, size, width, y0, y1);
    return undefined;
  }
  for (let component = 0; component < samples.length; component++) {
    const { data, offset, strideX, strideY, precision, signed } = samples[component];
    const from = offset + y0 * strideY;
    const to = component * size + y0 * width;
    const index = loadSamples(data, from, strideX, strideY, all, to, width, width, y1 - y0, precision, signed);
    if (index !== ALL_IN_RANGE) return { component, index };
  }
  if (samples.length < 3) return undefined;
  const [a, b, c] = samples.map((_, k) => all.subarray(k * size, (k + 1) * size));
  if (mct === 'rct') forwardRct(a as Int32Array, b as Int32Array, c as Int32Array, y0 * width, y1 * width);
  else forwardIct(a as Float32Array, b as Float32Array, c as Float32Array, y0 * width, y1 * width);
  return undefined;
}

/** Says what is wrong with a sample of a tile-component. */
export function badSample(siz: Siz, component: TileComponent, samples: TileSamples, index: number): Error {
  const { data, offset, strideX, strideY, precision, signed } = samples;
  const { left, top } = cornerOf(siz, component);
  const row = Math.floor((index - offset) / strideY);
  const column = (index - offset - row * strideY) / strideX;
  const kind = `${signed ? 'signed' : 'unsigned'} ${precision}-bit`;
  const place = `component ${component.component}, sample (${left + column}, ${top + row})`;
  return usage('sample-value', `${place}: ${data[index]} is not a ${kind} sample`);
}

function areBytes(samples: readonly TileSamples[], all: Int32Array | Float32Array): boolean {
  const { strideX } = samples[0];
  return (
    all.length < 2 ** 31 && // indices are 32-bit numbers
    samples.every(
      (one) => one.data instanceof Uint8Array && one.strideX === strideX && one.precision === 8 && !one.signed,
    )
  );
}

function loadBytes(
  [s0, s1, s2]: readonly TileSamples[],
  all: Int32Array | Float32Array,
  size: number,
  width: number,
  y0: number,
  y1: number,
): void {
  const [d0, d1, d2] = [s0.data as Uint8Array, s1.data as Uint8Array, s2.data as Uint8Array];
  const { strideX } = s0;
  for (let y = y0; y < y1; y++) {
    const [at0, at1, at2] = [s0.offset + y * s0.strideY, s1.offset + y * s1.strideY, s2.offset + y * s2.strideY];
    const to = y * width;
    if (all instanceof Int32Array) {
      loadRctRow(d0, at0, d1, at1, d2, at2, strideX, all, to, size + to, 2 * size + to, width);
    } else loadIctRow(d0, at0, d1, at1, d2, at2, strideX, all, to, size + to, 2 * size + to, width);
  }
}

/** The first column and row of a tile-component, counted from the first of the component. */
function cornerOf({ xosiz, yosiz }: Siz, { geometry, xrsiz, yrsiz }: TileComponent): { left: number; top: number } {
  return { left: geometry.x.lo - Math.ceil(xosiz / xrsiz), top: geometry.y.lo - Math.ceil(yosiz / yrsiz) };
}
