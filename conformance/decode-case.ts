/** The library under test, seen as components of plain integers. */
import { decodeSync, type RasterImage } from '../src/index.ts';
import type { PgxImage } from '../test/support/pgx.ts';

/**
 * Decodes as the conformance suite needs it: planar, on each component's own grid, without a palette unless rendering.
 */
export async function decodeWithJp2kit(
  bytes: Uint8Array,
  options: { reduce: number; colour: 'native' | 'srgb' },
): Promise<PgxImage[]> {
  const { reduce, colour } = options;
  return planesOf(decodeSync(bytes, { reduce, colour, layout: 'planar' }));
}

/** The planes of a picture as integers. */
export function planesOf(image: RasterImage): PgxImage[] {
  if (!image.planes) throw new Error('the picture is not planar');
  return image.planes.map(({ width, height, precision, signed, data }) => ({
    width,
    height,
    precision,
    signed,
    data: Int32Array.from(data),
  }));
}
