/** Where other decoders are known to be wrong about legal codestreams; each reason was looked into with files of other encoders. */
import type { ImageInfo } from '../../src/index.ts';

/** The decoders that are asked. */
export type Oracle = 'opj_decompress' | 'grk_decompress';

interface Defect {
  readonly oracle: Oracle;
  readonly reason: string;
  when(codestream: Uint8Array, info: ImageInfo): boolean;
}

const DEFECTS: readonly Defect[] = [
  {
    oracle: 'grk_decompress',
    reason: 'loses its place in PPM and PPT',
    when: (_, { markers }) => markers.ppm || markers.ppt,
  },
  {
    oracle: 'grk_decompress',
    reason: 'loses packets after a change of progression',
    when: (_, { markers }) => markers.poc,
  },
  {
    oracle: 'grk_decompress',
    reason:
      'gets samples wrong where tiles do not begin at the origin of the reference grid, in files of OpenJPEG too; with PLT and tile-parts more often',
    when: (_, { tiles, origin }) =>
      tiles.columns * tiles.rows > 1 && (tiles.x > 0 || tiles.y > 0 || origin.x > 0 || origin.y > 0),
  },
];

/** The known reason why a decoder does not do with this result as with its source; nothing when there is none. */
export function knownDefectOf(oracle: Oracle, codestream: Uint8Array, info: ImageInfo): string | undefined {
  return DEFECTS.find((defect) => defect.oracle === oracle && defect.when(codestream, info))?.reason;
}
