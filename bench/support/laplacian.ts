/**
 * Code-blocks for kernel benches: Laplacian coefficients whose spread differs from block to block and, in patches, within a
 * block, as in subbands of photographs. The same ones in every run.
 */

/** Width and height of the blocks. */
export const SIZE = 64;

/** One block's coefficients and subband. */
export interface LaplacianBlock {
  readonly coefficients: Int32Array;
  readonly subband: 0 | 1 | 2 | 3;
  /** Magnitude bit-planes. */
  readonly bitPlanes: number;
}

/** So many blocks. */
export function laplacianBlocks(count: number): LaplacianBlock[] {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return ((state >> 8) + 0.5) / 2 ** 23;
  };
  return Array.from({ length: count }, (_, k) => {
    const patches = Array.from({ length: 16 }, () => 2 ** (k % 6) * 2 ** (4 * random() - 2));
    const coefficients = Int32Array.from({ length: SIZE * SIZE }, (_, k) => {
      const patch = patches[((k >> 10) << 2) | ((k & 63) >> 4)]!; // the spread changes every 16 samples
      const magnitude = Math.floor(-Math.log(random()) * patch);
      return random() < 0.5 ? -magnitude : magnitude;
    });
    const largest = coefficients.reduce((most, q) => Math.max(most, Math.abs(q)), 1);
    return { coefficients, subband: (k & 3) as 0 | 1 | 2 | 3, bitPlanes: 32 - Math.clz32(largest) };
  });
}
