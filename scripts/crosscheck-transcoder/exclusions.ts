/** Where other decoders are known to be wrong about legal codestreams; each reason was looked into with files of other encoders. */
import type { ImageInfo } from '../../src/index.ts';

/** The decoders that are asked. */
export type Oracle = 'opj_decompress' | 'grk_decompress';

interface Defect {
  readonly oracle: Oracle;
  readonly reason: string;
  when(codestream: Uint8Array, info: ImageInfo): boolean;
}

const BOTH = ['opj_decompress', 'grk_decompress'] as const;

const DEFECTS: readonly Defect[] = [
  ...BOTH.map(
    (oracle): Defect => ({
      oracle,
      reason: 'fails on a tile-part without data (Psot 14)',
      when: (_, { tileParts = [] }) => tileParts.some(({ dataLength }) => dataLength === 0),
    }),
  ),
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
  {
    oracle: 'grk_decompress',
    reason: 'loses packets in orders by position where components have different sample distances',
    when: (_, { progression, components }) => byPosition(progression) && distancesOf(components).length > 1,
  },
  ...BOTH.map(
    (oracle): Defect => ({
      oracle,
      reason: 'fails with orders by position and so many decomposition levels that precincts begin 2^32 points apart',
      when: (_, { progression, levels, markers }) => levels > 16 && (markers.poc || byPosition(progression)),
    }),
  ),
  {
    oracle: 'opj_decompress',
    reason:
      'walks in steps of the smallest distance, and misses precincts that begin at no multiple of it (15444-1 B.12.1.3 visits every point)',
    when: (_, { progression, components }) => byPosition(progression) && unevenDistances(distancesOf(components)),
  },
];

/** The known reason why a decoder does not do with this result as with its source; nothing when there is none. */
export function knownDefectOf(oracle: Oracle, codestream: Uint8Array, info: ImageInfo): string | undefined {
  return DEFECTS.find((defect) => defect.oracle === oracle && defect.when(codestream, info))?.reason;
}

function byPosition(progression: ImageInfo['progression']): boolean {
  return progression === 'RPCL' || progression === 'PCRL' || progression === 'CPRL';
}

function distancesOf(components: ImageInfo['components']): string[] {
  return [...new Set(components.map(({ dx, dy }) => `${dx},${dy}`))];
}

/** Whether some distance is not a power of two times the smallest one of its axis. */
function unevenDistances(distances: readonly string[]): boolean {
  const pairs = distances.map((distance) => distance.split(',').map(Number));
  return [0, 1].some((axis) => {
    const list = pairs.map((pair) => pair[axis]!);
    const least = Math.min(...list);
    return list.some((distance) => Math.log2(distance / least) % 1 !== 0);
  });
}
