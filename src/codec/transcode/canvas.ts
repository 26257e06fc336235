/**
 * The reference grid of a result: a rectangle of tiles cut out, and resolution levels dropped (15444-1 B.2 to B.5).
 */
import { numXTiles, numYTiles, type Siz } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import type { TileRect } from './options.ts';

/** XRsiz and YRsiz are one byte each (A.5.1). */
const MAX_SAMPLE_DISTANCE = 255;

/** The tiles of `rect` as a picture of their own, at the place they had: precincts, code-blocks and the parity of samples stay. */
export function croppedSiz(siz: Siz, rect: TileRect): Siz {
  const columns = numXTiles(siz);
  const rows = numYTiles(siz);
  if (rect.column + rect.columns > columns || rect.row + rect.rows > rows) {
    const asked = `columns ${rect.column} to ${rect.column + rect.columns - 1} and rows ${rect.row} to ${rect.row + rect.rows - 1}`;
    throw usage('option-value', `crop asks for ${asked} of ${columns} x ${rows} tiles`);
  }
  const xtosiz = siz.xtosiz + rect.column * siz.xtsiz;
  const ytosiz = siz.ytosiz + rect.row * siz.ytsiz;
  return {
    ...siz,
    xtosiz,
    ytosiz,
    xosiz: Math.max(siz.xosiz, xtosiz),
    yosiz: Math.max(siz.yosiz, ytosiz),
    xsiz: Math.min(siz.xsiz, xtosiz + rect.columns * siz.xtsiz),
    ysiz: Math.min(siz.ysiz, ytosiz + rect.rows * siz.ytsiz),
  };
}

/**
 * The grid when the `d` highest resolution levels are dropped. Where offsets and tile sizes can be divided by 2^d the grid is; else it
 * stays and the distance of samples grows, which gives the same samples, since ceil(ceil(x / R) / 2^d) = ceil(x / (R 2^d)).
 *
 * @throws {Jpeg2000Error} `sample-distance` when that distance becomes more than XRsiz can say.
 */
export function reducedSiz(siz: Siz, d: number): Siz {
  if (d === 0) return siz;
  const scale = 2 ** d;
  const x = dividedAxis(siz.xsiz, siz.xosiz, siz.xtsiz, siz.xtosiz, scale);
  const y = dividedAxis(siz.ysiz, siz.yosiz, siz.ytsiz, siz.ytosiz, scale);
  if (x && y) {
    return {
      ...siz,
      xsiz: x.size,
      xosiz: x.offset,
      xtsiz: x.tileSize,
      xtosiz: x.tileOffset,
      ysiz: y.size,
      yosiz: y.offset,
      ytsiz: y.tileSize,
      ytosiz: y.tileOffset,
    };
  }
  const components = siz.components.map((component, c) => {
    const xrsiz = component.xrsiz * scale;
    const yrsiz = component.yrsiz * scale;
    if (xrsiz > MAX_SAMPLE_DISTANCE || yrsiz > MAX_SAMPLE_DISTANCE) {
      const message = `without ${d} resolution levels the samples of component ${c} are ${Math.max(xrsiz, yrsiz)} apart, and tiles or offsets cannot be divided by ${scale}`;
      throw usage('sample-distance', message, { clause: '15444-1 A.5.1' });
    }
    return { ...component, xrsiz, yrsiz };
  });
  return { ...siz, components };
}

/** One axis divided, if it can be: offsets always have to, the tile size where there is a second tile. */
function dividedAxis(
  size: number,
  offset: number,
  tileSize: number,
  tileOffset: number,
  scale: number,
): { size: number; offset: number; tileSize: number; tileOffset: number } | undefined {
  if (offset % scale !== 0 || tileOffset % scale !== 0) return undefined;
  const end = Math.ceil(size / scale);
  const divided = { size: end, offset: offset / scale, tileOffset: tileOffset / scale };
  if (tileSize % scale === 0) return { ...divided, tileSize: tileSize / scale };
  // a lone tile reaches to the end of the image area, whatever is said of its size
  if (tileOffset + tileSize < size) return undefined;
  return { ...divided, tileSize: Math.ceil(tileSize / scale) };
}
