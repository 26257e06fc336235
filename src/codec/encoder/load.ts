/**
 * The samples of one tile-component on their way into a plane.
 */
import type { Siz } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import { lengthOf } from '../geometry/axis.ts';
import type { TileComponent } from '../geometry/tile.ts';
import { ALL_IN_RANGE, loadSamples } from '../transform/level-shift.ts';
import type { ComponentSamples } from './samples.ts';

/** Loads and level-shifts a tile-component. `samples` are described from the component's first column and row in the image. */
export function loadTileComponent(
  siz: Siz,
  c: number,
  { geometry, xrsiz, yrsiz }: TileComponent,
  samples: ComponentSamples,
  plane: Int32Array | Float32Array,
): void {
  const { data, offset, strideX, strideY } = samples;
  const { precision, signed } = siz.components[c];
  const left = geometry.x.lo - Math.ceil(siz.xosiz / xrsiz);
  const top = geometry.y.lo - Math.ceil(siz.yosiz / yrsiz);
  const from = offset + left * strideX + top * strideY;
  const width = lengthOf(geometry.x);
  const height = lengthOf(geometry.y);
  const bad = loadSamples(data, from, strideX, strideY, plane, 0, width, width, height, precision, signed);
  if (bad === ALL_IN_RANGE) return;
  const y = Math.floor((bad - from) / strideY);
  const x = (bad - from - y * strideY) / strideX;
  const kind = `${signed ? 'signed' : 'unsigned'} ${precision}-bit`;
  throw usage('sample-value', `component ${c}, sample (${left + x}, ${top + y}): ${data[bad]} is not a ${kind} sample`);
}
